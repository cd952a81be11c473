"""The gate before a function's instances: which request goes to which, and which one waits.

queue-proxy's breaker (buildBreaker in pkg/queue/sharedmain): at most containerConcurrency requests
in an instance, ten times as many waiting, 503 beyond that.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from local_dev.serving.instance import FunctionInstance

WAITING_PER_PLACE = 10


class QueueFullError(Exception):
    """More requests wait than queue-proxy lets: 503."""


class Breaker:
    """The requests of one function, before and in its `instances`; the host owns that list."""

    def __init__(
        self,
        instances: Sequence[FunctionInstance],
        container_concurrency: int,
        on_wait: Callable[[], None],
    ) -> None:
        self._instances = instances
        self._places = container_concurrency  # 0: no limit
        self._on_wait = on_wait
        self._waiting: deque[asyncio.Future[FunctionInstance]] = deque()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def on_hand(self) -> int:
        """All requests that are there: what the autoscaler counts."""
        return self.waiting + sum(each.in_flight for each in self._instances)

    @contextlib.asynccontextmanager
    async def admit(self) -> AsyncIterator[FunctionInstance]:
        """Wait for an instance with room and hold a place in it. Raise QueueFullError."""
        instance = await self._place()
        try:
            yield instance
        finally:
            instance.in_flight -= 1
            instance.idle_since = time.monotonic()
            self.serve_waiting()

    def serve_waiting(self) -> None:
        """Assign free places to waiting requests; call it when an instance has become ready."""
        while self._waiting and (instance := self._with_room()) is not None:
            turn = self._waiting.popleft()
            if not turn.done():
                instance.in_flight += 1
                turn.set_result(instance)

    def refuse_all(self) -> None:
        """End the wait of all: their requests are cancelled."""
        for turn in self._waiting:
            turn.cancel()

    async def _place(self) -> FunctionInstance:
        instance = self._with_room()
        if instance is not None and not self._waiting:
            instance.in_flight += 1
            return instance
        limit = self._places * WAITING_PER_PLACE * max(1, len(self._instances))
        if limit and len(self._waiting) >= limit:
            raise QueueFullError
        turn: asyncio.Future[FunctionInstance] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._on_wait()
        try:
            return await turn
        except asyncio.CancelledError:
            self._give_up(turn)
            raise

    def _give_up(self, turn: asyncio.Future[FunctionInstance]) -> None:
        if turn in self._waiting:
            self._waiting.remove(turn)
        elif turn.done() and not turn.cancelled():  # the place came too late
            turn.result().in_flight -= 1
            self.serve_waiting()

    def _with_room(self) -> FunctionInstance | None:
        limit = self._places or float("inf")
        open_ones = (each for each in self._instances if each.is_ready and each.in_flight < limit)
        return min(open_ones, key=lambda each: each.in_flight, default=None)
