"""What is tortured, and how does a fault get at it? Broker, database and `local-dev/up`, as real
processes; `run` holds one of these.

Broker and database are ours, so that they outlive `up`, which holds the bridge and starts the
functions. Use it from the main thread: what it starts ends with that.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from typing import TYPE_CHECKING

from confluent_kafka import KafkaException

from local_dev.chaos.processes import children_of
from local_dev.chaos.redelivery import duplicate, rewind
from local_dev.driven_system import DrivenSystem
from local_dev.free_port import free_port, is_listening
from local_dev.kafka_broker import KafkaBroker
from local_dev.kafka_jars import class_path
from local_dev.mongo_server import MongoServer
from local_dev.places import KAFKA_JARS, KAFKA_LOCK
from local_dev.up_options import FUNCTIONS, USUAL_PORTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from local_dev.backing_services import Server
    from local_dev.chaos.fault_plan import Fault

PORTS_FREE_S = 12.0
START_AGAIN_AFTER_S = 1.0
GROUPS = ("raw-to-aggregate", "raw-to-alert")
TOPIC = "telemetry.raw"


class TorturedSystem:
    """A whole system, with two instances of aggregate and alert; `settings` are the functions'."""

    def __init__(
        self,
        data: Path,
        settings: Mapping[str, str],
        chance: random.Random,
        say: Callable[[str], None],
    ) -> None:
        self._data = data
        self._chance = chance
        self._say = say
        self.mongo = MongoServer(free_port(), data / "mongo")
        jars = class_path(KAFKA_LOCK, KAFKA_JARS, lambda _: None)
        self.kafka = KafkaBroker(free_port(), data / "kafka", jars)
        self._servers: dict[str, Server] = {"database": self.mongo, "broker": self.kafka}
        self.settings = {
            **settings,
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap,
            "MONGO_URL": self.mongo.url,
        }
        self._ports = {name: free_port() for name in USUAL_PORTS}
        self._stopped: dict[Fault, list[int]] = {}
        self._away: set[str] = set()
        self._orphans: list[int] = []
        self._starts = 0
        self._up: DrivenSystem | None = None
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
        """Return what the bridge said of events that KafkaSource would drop."""
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

    def begin(self, fault: Fault) -> str:
        """Let it go wrong; return to whom, by process id."""
        match fault.kind, fault.target:
            case "duplicate", _:
                return self._records(lambda: duplicate(self.kafka.bootstrap, TOPIC, self._chance))
            case "stop", target:
                self._stopped[fault] = self._processes(target)
                return self._signal(self._stopped[fault], signal.SIGSTOP)
            case _, "bridge":
                return self._kill_the_bridge()
            case _, target:
                if target in self._servers:
                    self._away.add(target)
                return self._signal(self._processes(target), signal.SIGKILL)

    def end(self, fault: Fault) -> None:
        """Let what was stopped go on, and start what was killed again; do not wait until it is."""
        if fault.kind == "stop":
            self._signal(self._stopped.pop(fault), signal.SIGCONT)
        if fault.kind == "rewind":
            self._say(f"        {self._records(self._rewind)}")
        if fault.kind in ("kill", "rewind") and fault.target in self._away:
            self._away.discard(fault.target)
            if fault.target == "bridge":
                self._launch()
            else:
                self._servers[fault.target].start()

    def look_after(self) -> None:
        """Start `up` again where it ended by itself, for instance since it found no broker."""
        if "bridge" in self._away or self.up.process.poll() is None:
            return
        if self._up_ended_at is None:
            self._up_ended_at = time.monotonic()
            self._say(f"up ended by itself (status {self.up.process.poll()}): {self._last_line()}")
        if time.monotonic() > self._up_ended_at + START_AGAIN_AFTER_S:
            self._launch()

    def heal(self) -> None:
        """Return when all is there and answers."""
        for server in self._servers.values():
            server.wait_until_ready()
        end = time.monotonic() + 90
        while not self._is_up():
            assert time.monotonic() < end, f"up does not come up: {self.up.output[-4000:]}"
            self.look_after()
            time.sleep(0.2)

    def stop(self) -> None:
        """End all processes."""
        for fault in list(self._stopped):
            self.end(fault)
        if self._up is not None:
            children = children_of(self._up.process.pid)
            self._up.stop()
            self._signal(children, signal.SIGKILL)
        for server in self._servers.values():
            server.stop()

    def _launch(self) -> None:
        self._starts += 1
        self._up_ended_at = None
        self._free_the_ports()
        self._up = DrivenSystem.launch(
            self._data / f"up-{self._starts}",
            "--instances=2",
            ports=self._ports,
            environment=self.settings,
        )

    def _is_up(self) -> bool:
        if self.up.process.poll() is not None or "ready after" not in self.up.output:
            return False
        instances = {name: self._instances(name) for name in ("aggregate", "alert")}
        return all(number > 1 for number in instances.values())

    def _instances(self, function: str) -> int:
        return int(self.up.status["functions"][function]["instances"])

    def _processes(self, target: str) -> list[int]:
        """Return the one that the fault meets: any one of a function's instances."""
        if target == "bridge":
            return [self.up.process.pid]
        if target in self._servers:
            process = self._servers[target].process
            return [process.pid] if process is not None and process.exit_status is None else []
        instances = children_of(self.up.process.pid, target)
        return [self._chance.choice(instances)] if instances else []

    def _kill_the_bridge(self) -> str:
        """Kill `up`; its functions are asked to end then, or die with it as on a lost machine."""
        self._away.add("bridge")
        self._orphans = children_of(self.up.process.pid)
        told = self._signal(self._processes("bridge"), signal.SIGKILL)
        self.up.process.wait()
        if self._chance.random() < 0.5:  # noqa: PLR2004 - each half of the time
            return f"{told}, functions too: {self._signal(self._orphans, signal.SIGKILL)}"
        self._signal(self._orphans, signal.SIGCONT)
        return told

    def _free_the_ports(self) -> None:
        """Wait for functions of a killed `up` to end; they have been asked to."""
        end = time.monotonic() + PORTS_FREE_S
        while any(is_listening(self._ports[name]) for name in FUNCTIONS):
            if time.monotonic() > end:
                self._signal(self._orphans, signal.SIGKILL)
            time.sleep(0.1)
        self._orphans = []

    def _rewind(self) -> str:
        bootstrap, chance = self.kafka.bootstrap, self._chance
        return "; ".join(rewind(bootstrap, group, TOPIC, chance) for group in GROUPS)

    def _records(self, work: Callable[[], str]) -> str:
        try:
            return work()
        except KafkaException as error:
            return f"could not: {error}"

    def _signal(self, pids: list[int], number: int) -> str:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        return f"process {' '.join(map(str, pids))}" if pids else "none there"

    def _last_line(self) -> str:
        return next(reversed(self.up.output.strip().splitlines()), "it said nothing")
