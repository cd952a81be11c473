"""The fault injector: begins and ends each fault of the plan."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from confluent_kafka import KafkaException

from tests.chaos.redelivery import duplicate, rewind
from tests.chaos.system_under_test import BRIDGE, send

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from tests.chaos.fault_plan import Fault
    from tests.chaos.system_under_test import SystemUnderTest

GROUPS = ("raw-to-aggregate", "raw-to-alert")
TOPIC = "telemetry.raw"
SERVERS = frozenset({"database", "broker"})


class FaultInjector:
    """Holds the faults under way; chance chooses the instance of a function."""

    def __init__(
        self, system: SystemUnderTest, chance: random.Random, report: Callable[[str], None]
    ) -> None:
        self._system = system
        self._chance = chance
        self._report = report
        self._stopped: dict[Fault, list[int]] = {}

    def begin(self, fault: Fault) -> str:
        """Begin a fault; return the processes it met, for people."""
        system, target = self._system, fault.target
        if fault.kind == "duplicate":
            return _attempt(lambda: duplicate(system.kafka.bootstrap, TOPIC, self._chance))
        if fault.kind == "stop":
            self._stopped[fault] = self._one_of(target)
            return send(self._stopped[fault], signal.SIGSTOP)
        if target == BRIDGE:
            return system.kill_bridge(with_its_functions=self._chance.random() < 0.5)
        if target in SERVERS:
            return system.kill_server(target)
        return send(self._one_of(target), signal.SIGKILL)

    def end(self, fault: Fault) -> None:
        """Continue what was stopped, start again what was killed; return before that is ready."""
        if fault.kind == "stop":
            send(self._stopped.pop(fault), signal.SIGCONT)
            return
        if fault.kind == "rewind":
            self._report(f"{'':10}{_attempt(self._rewind)}")
        if fault.kind in ("kill", "rewind"):
            self._system.start_again(fault.target)

    def _one_of(self, target: str) -> list[int]:
        processes = self._system.processes(target)
        return [self._chance.choice(processes)] if processes else []

    def _rewind(self) -> str:
        bootstrap = self._system.kafka.bootstrap
        return "; ".join(rewind(bootstrap, group, TOPIC, self._chance) for group in GROUPS)


def _attempt(work: Callable[[], str]) -> str:
    try:
        return work()
    except KafkaException as error:  # the broker is away, or the group still has its member
        return f"could not: {error}"
