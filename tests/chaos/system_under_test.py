"""The system under test: broker, database and `local-dev/up` as real processes.

Broker and database are the run's own, so that they outlive `up`, which holds the bridge and starts
the functions. Use it from the main thread: what it starts ends with that.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING

from local_dev.options import FUNCTIONS, USUAL_PORTS
from local_dev.paths import KAFKA_JARS, KAFKA_LOCK
from local_dev.servers.free_port import free_ports, is_listening
from local_dev.servers.kafka import KafkaBroker
from local_dev.servers.kafka_jars import class_path
from local_dev.servers.mongo import MongoServer
from local_dev.system.running_system import ask
from tests.chaos.processes import functions_of
from tests.support.driven_system import DrivenSystem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from local_dev.servers.supervisor import Server

PORTS_FREE_S = 12.0
START_AGAIN_AFTER_S = 1.0
HEALED_S = 90.0
BRIDGE = "bridge"


class SystemUnderTest:
    """A whole system, with two instances of aggregate and alert; `settings` are the functions'."""

    def __init__(
        self, data: Path, settings: Mapping[str, str], report: Callable[[str], None]
    ) -> None:
        self._data = data
        self._report = report
        self._ports = free_ports(USUAL_PORTS)
        self.mongo = MongoServer(self._ports["mongo"], data / "mongo")
        jars = class_path(KAFKA_LOCK, KAFKA_JARS, lambda _: None)
        self.kafka = KafkaBroker(self._ports["kafka"], data / "kafka", jars)
        self._servers: dict[str, Server] = {"database": self.mongo, "broker": self.kafka}
        self.settings = {
            **settings,
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap,
            "MONGO_URL": self.mongo.url,
        }
        self._orphans: list[int] = []
        self._starts = 0
        self._up: DrivenSystem | None = None
        self._bridge_is_away = False
        self._up_ended_at: float | None = None

    @property
    def up(self) -> DrivenSystem:
        assert self._up is not None, "start() comes first"
        return self._up

    @property
    def ingest(self) -> str:
        return f"http://127.0.0.1:{self._ports['ingest']}"

    @property
    def events_lost(self) -> list[str]:
        """The bridge's log lines of events that KafkaSource would drop."""
        logs = sorted(self._data.glob("up-*/up.log"))
        lines = [line for log in logs for line in log.read_text(errors="replace").splitlines()]
        return [line for line in lines if "LOST, as in a cluster" in line]

    def start(self) -> None:
        """Start all and return when it is ready."""
        for server in self._servers.values():
            server.start()
        for server in self._servers.values():
            server.wait_until_ready()
        self._launch()
        self.up.wait_until_up()

    def processes(self, target: str) -> list[int]:
        """Return the living processes of a function, of `bridge`, `database` or `broker`."""
        if target == BRIDGE:
            return [] if self._bridge_is_away else [self.up.process.pid]
        if target in self._servers:
            process = self._servers[target].process
            return [process.pid] if process is not None and process.exit_status is None else []
        return functions_of(self.up.process.pid, target)

    def kill_server(self, target: str) -> str:
        """Kill database or broker, and return when it is gone."""
        killed = send(self.processes(target), signal.SIGKILL)
        while self.processes(target):
            time.sleep(0.01)
        return killed

    def kill_bridge(self, *, with_its_functions: bool) -> str:
        """Kill `up`; its functions get SIGTERM then, or die with it as on a lost machine."""
        self._orphans = functions_of(self.up.process.pid)
        killed = send(self.processes(BRIDGE), signal.SIGKILL)
        self._bridge_is_away = True
        self.up.process.wait()
        if with_its_functions:
            return f"{killed}, its functions too: {send(self._orphans, signal.SIGKILL)}"
        send(self._orphans, signal.SIGCONT)  # a stopped one would not notice
        return killed

    def start_again(self, target: str) -> None:
        """Start what was killed; return before it is ready."""
        if target in self._servers:
            self._servers[target].start()
        elif target == BRIDGE:
            self._launch()

    def restart_up(self) -> None:
        """Start `up` again where it ended by itself, for instance since it found no broker."""
        status = self.up.process.poll()
        if self._bridge_is_away or status is None:
            return
        if self._up_ended_at is None:
            self._up_ended_at = time.monotonic()
            lines = self.up.output.strip().splitlines()
            self._report(f"up ended by itself (status {status}): {lines[-1] if lines else ''}")
        if time.monotonic() > self._up_ended_at + START_AGAIN_AFTER_S:
            self._launch()

    def heal(self) -> None:
        """Return when all parts are ready. Raise AssertionError or ServerFailedError."""
        for server in self._servers.values():
            server.wait_until_ready()
        end = time.monotonic() + HEALED_S
        while not self._is_up():
            assert time.monotonic() < end, f"up does not come up: {self.up.output[-4000:]}"
            self.restart_up()
            time.sleep(0.2)

    def stop(self) -> None:
        """End all processes, also those that were stopped."""
        if self._up is not None:
            send([self._up.process.pid], signal.SIGCONT)
            functions = functions_of(self._up.process.pid)
            send(functions, signal.SIGCONT)
            self._up.stop()
            send([*functions, *self._orphans], signal.SIGKILL)
        for server in self._servers.values():
            server.stop()

    def _launch(self) -> None:
        self._starts += 1
        self._free_the_ports()
        self._bridge_is_away = False
        self._up_ended_at = None
        self._up = DrivenSystem.launch(
            self._data / f"up-{self._starts}",
            "--instances=2",
            ports=self._ports,
            environment=self.settings,
        )

    def _is_up(self) -> bool:
        asked = ask(self.up.places) if self.up.process.poll() is None else None
        if asked is None:
            return False
        functions = asked[1]["functions"]
        return all(functions[name]["instances"] > 1 for name in ("aggregate", "alert"))

    def _free_the_ports(self) -> None:
        """Wait for the functions of a killed `up` to end after their SIGTERM; then kill them."""
        end = time.monotonic() + PORTS_FREE_S
        while any(is_listening(self._ports[name]) for name in FUNCTIONS):
            if time.monotonic() > end:
                send(self._orphans, signal.SIGKILL)
            time.sleep(0.1)
        self._orphans = []


def send(pids: Iterable[int], number: int) -> str:
    """Send a signal to those that are still there; return them for people."""
    names = []
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
            names.append(str(pid))
    return f"process {' '.join(names)}" if names else "none there"
