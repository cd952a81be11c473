"""The number of instances of a function, as activator and autoscaler of Serving 1.23 keep it.

From nothing to the first instance at the first request, more instances up to max-scale, none after
the idle window. Readiness is probed at the start only; a process that ends is started again when it
is needed.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from local_dev.servers.free_port import free_port
from local_dev.serving.breaker import Breaker
from local_dev.serving.instance import FunctionFailedError, FunctionInstance, Launch

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from local_dev.manifests.service import Service

SCALING_TICK_S = 0.25  # the autoscaler's is 2 s; a cluster has more to do
START_AGAIN_AFTER_S = (0.5, 1.0, 2.0, 5.0, 10.0)


class Autoscaler:
    """The instances of one function; `requests` is the way in."""

    def __init__(
        self,
        service: Service,
        launch: Launch,
        *,
        floor: int,
        idle_s: float,
        first_port: int | None,
        on_line: Callable[[str], None],
    ) -> None:
        """Keep `floor` instances always; `first_port` is that of the only one, if it matters."""
        self.service = service
        self._launch = launch
        self._floor = floor
        self._idle_s = idle_s
        self._first_port = first_port
        self._say = on_line
        self._instances: list[FunctionInstance] = []
        self.requests = Breaker(self._instances, service.container_concurrency, on_wait=self._scale)
        self._starting = 0
        self._failures = 0
        self._starts = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False

    def start(self) -> None:
        """Begin to scale; instances of the floor are started at once."""
        self._run(self._scale_regularly())

    async def stop(self) -> None:
        """End all instances and refuse the requests that wait."""
        self._stopping = True
        self.requests.refuse_all()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(instance.stop() for instance in self._instances))
        self._instances.clear()

    async def wait_until_ready(self) -> None:
        """Return once the instances of the floor are ready. Raise FunctionFailedError."""
        while sum(each.is_ready for each in self._instances) < self._floor:
            if self._failures >= len(START_AGAIN_AFTER_S):
                raise FunctionFailedError(f"{self.service.name} does not start; see its lines")
            await asyncio.sleep(SCALING_TICK_S / 5)

    @property
    def ready_instance(self) -> FunctionInstance | None:
        """One of the instances that are ready, if there is one; nothing is started or held up."""
        return next((each for each in self._instances if each.is_ready), None)

    def status(self) -> dict[str, object]:
        """Return what `local-dev/status` shows."""
        ready = [each for each in self._instances if each.is_ready]
        quiet_since = max((each.idle_since for each in ready), default=None)
        is_idle = quiet_since is not None and not any(each.in_flight for each in ready)
        return {
            "instances": len(ready),
            "pids": [each.pid for each in self._instances],
            "in_flight": sum(each.in_flight for each in ready),
            "waiting": self.requests.waiting,
            "starts": self._starts,
            "idle_s": round(time.monotonic() - quiet_since, 1) if quiet_since and is_idle else 0.0,
        }

    async def _scale_regularly(self) -> None:
        while True:
            self._scale()
            await asyncio.sleep(SCALING_TICK_S)

    def _scale(self) -> None:
        if self._stopping:
            return
        wanted = max(self._floor, self.service.instances_for(self.requests.on_hand))
        for _ in range(wanted - len(self._instances) - self._starting):
            self._starting += 1
            self._run(self._start_one())
        spare = len(self._instances) - max(wanted, self._floor)
        for instance in [each for each in self._instances if self._is_idle(each)][: max(spare, 0)]:
            self._instances.remove(instance)
            self._run(self._end(instance))

    def _is_idle(self, instance: FunctionInstance) -> bool:
        idle_s = time.monotonic() - instance.idle_since
        return instance.is_ready and instance.in_flight == 0 and idle_s > self._idle_s

    async def _start_one(self) -> None:
        try:
            if self._failures:
                index = min(self._failures, len(START_AGAIN_AFTER_S)) - 1
                await asyncio.sleep(START_AGAIN_AFTER_S[index])
            began = time.monotonic()
            port = self._first_port or free_port()
            instance = await FunctionInstance.start(self._launch, port, self._say)
            self._starts += 1
            self._instances.append(instance)
        finally:
            self._starting -= 1
        self._run(self._remove_at_end(instance))
        try:
            await instance.wait_until_ready()
        except FunctionFailedError as error:
            self._failures += 1
            self._say(f"{self.service.name} {error}")
            await instance.stop()
            return
        self._failures = 0
        self._say(f"ready after {time.monotonic() - began:.1f} s (pid {instance.pid})")
        self.requests.serve_waiting()

    async def _remove_at_end(self, instance: FunctionInstance) -> None:
        await instance.ended.wait()
        if instance in self._instances:
            self._instances.remove(instance)
            if not self._stopping:
                self._say(f"instance {instance.pid} ended by itself")
        self._scale()

    async def _end(self, instance: FunctionInstance) -> None:
        self._say(f"idle for {self._idle_s:g} s: instance {instance.pid} is stopped")
        await instance.stop()

    def _run(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
