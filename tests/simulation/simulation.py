"""What can happen to the system: writers and refreshes on the double, and what befalls them.

Events, crashes, failovers, jumps of the clock, other numbers of shards, readings deleted by
retention. Who calls decides what happens next.
"""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from shared.mongo.collections import NOTES, RAW, REFRESH, REFRESH_NOTES
from shared.mongo.database import majority
from shared.mongo.indexes import make_indexes
from tests.simulation.code_under_test import WrongClock
from tests.simulation.database_double.client import Client
from tests.simulation.database_double.connection import SLOW, Connection
from tests.simulation.database_double.faults import NONE, Faults
from tests.simulation.database_double.replica import Replica
from tests.simulation.generated_readings import WIDTH_S, Devices
from tests.simulation.invariants import SUMMARY, Invariants
from tests.simulation.ledger import Broken, Ledger, check_equals_recompute, made_until
from tests.simulation.oracle import window_of
from tests.simulation.profile import ANY, OLDER
from tests.simulation.queues import AGGREGATE, ALERT, Queues
from tests.simulation.seeded_random import Chance
from tests.simulation.trampoline import Task, Trampoline
from tests.simulation.version_before import leave_state, leave_summary
from tests.simulation.workers import Auditing, Writer, refreshing, settings_of

START: Final = datetime(2026, 3, 1, 12, 0, 40, tzinfo=UTC)
REFRESHES: Final = ("refresh-1", "refresh-2")
WRITERS: Final = {
    "aggregate-1": AGGREGATE,
    "aggregate-2": AGGREGATE,
    "alert-1": ALERT,
    "alert-2": ALERT,
}
WORKERS: Final = (*WRITERS, *REFRESHES)
SHARDS: Final = (1, 2, 3)
_AUDIT: Final = "audit"
_AUDITED: Final = 0.2  # the share of histories in which an audit repairs beside the others
_RUNNING: Final = 0.7  # that of those in which this version has long been running: no scan
_WEIGHTS: Final = (1.0, 1.0, 0.15, SLOW)
_OF_HOURS: Final = 0.3  # a process looks for hours to be made less often than for notes
_REST_TICK_S: Final = 1.0
_SLOW_TICK_S: Final = 0.15  # less than an hour in all: what a clock ahead has written is not over
_END_OF_REST: Final = 20_000  # steps: a late note takes twice as many since there are hours
_FUTURE_S: Final = 400.0  # past the last window that a reading of a schedule can be in


class World:
    """One history of the system. Each method is one thing that happens; each raises Broken where a
    promise is broken by it. `trace` says what happened.
    """

    def __init__(
        self,
        chance: Chance,
        faults: Faults,
        *,
        kind: str = ANY,
        retention: timedelta | None = None,
    ) -> None:
        self.trace: list[tuple[str, str]] = []
        self.replica = Replica(START)
        self._chance = chance
        self._retention = retention
        self._trampoline = Trampoline()
        self._connection = Connection(self.replica, self._trampoline, chance)
        self._database = majority(cast("Any", Client(self._connection)), "iotdb")
        self._run_alone(make_indexes(self._database))
        self._invariants = Invariants(self.replica, retention)
        self._queues = Queues(chance, retries=chance.one_of((0, 1, 3)))
        self._ledger = Ledger()
        self._devices = Devices.of(chance, START, kind)
        self._events = 0
        if kind == OLDER:
            leave_state(self.replica, self._devices, self._ledger, self._invariants, chance)
        elif chance.happens(_RUNNING):
            leave_summary(self.replica)
        self._connection.faults = faults
        self._shards = chance.one_of(SHARDS)
        self._clocks = {name: timedelta(seconds=chance.below(1200) - 600) for name in WORKERS}
        self._workers: dict[str, list[Task]] = {}
        self._starts = 0
        for name in WORKERS:
            self._begin(name)
        if retention is None and chance.happens(_AUDITED):
            self._begin(_AUDIT)

    def publish(self) -> None:
        """An event comes, for aggregate and for alert."""
        self._events += 1
        incoming = self._devices.event(self.replica.wall)
        self._ledger.published(incoming)
        self._queues.publish(self._events, incoming)
        ids = ", ".join(f"{one.reading.device_id} {one.reading.ts:%dT%T}" for one in incoming)
        self._tell("event", f"{self._events}: {ids}")

    def step(self) -> None:
        """One of those that can go on does one step; each worker's own clock is wrong."""
        ready = self._trampoline.ready()
        if not ready:
            self._trampoline.steps += 1  # time passes all the same: who waits may give up
            return
        task = self._chance.weighted(ready, [one.weight for one in ready])
        name = task.name.split(" ")[0]
        WrongClock.set(self.replica.wall, self._clocks.get(name, timedelta()))
        self._trampoline.step(task)
        self._tell(task.name, "done" if task.is_done else task.at.label)
        if task.error is not None and task in self._workers.get(name, ()):
            raise task.error
        self._invariants.check()

    def advance(self, entries: int) -> None:
        """A majority holds some more of what the primary has applied."""
        self.replica.advance(entries)
        self._tell("majority", f"holds all up to {self.replica.held}")
        self._invariants.check()

    def tick(self, seconds: float) -> None:
        self.replica.tick(seconds)
        self._tell("clock", f"{self.replica.wall:%dT%T}")

    def jump(self, seconds: float) -> None:
        """The primary's wall clock is set, forward or back."""
        self.tick(seconds)

    def note_nothing(self) -> None:
        self.replica.note_nothing()

    def expire(self) -> None:
        """Retention deletes what it may by the primary's wall clock."""
        assert self._retention is not None
        oldest = self.replica.now() - self._retention
        raws = self.replica.applied_state.get(RAW, {})
        expired = [i for i, raw in raws.items() if raw["received_at"] <= oldest]
        for reading_id in expired:
            self.replica.write(RAW, reading_id, None)
        self._tell("retention", f"deletes {len(expired)} readings")

    def crash(self, name: str) -> None:
        """A worker's process ends where it is; what it had in hand is delivered again."""
        self._tell(name, "crashes")
        for task in self._workers[name]:
            if not task.is_done:
                self._trampoline.kill(task)
        self._queues.give_back(name)
        self._begin(name)

    def deploy(self) -> None:
        """Another number of shards is set: for each process from its next start on."""
        self._shards = self._chance.one_of(SHARDS)
        self._tell("deployment", f"{self._shards} shards")

    def fail_over(self) -> None:
        """Another member becomes primary, by a clock of its own; what no majority holds is lost."""
        lost = self.replica.fail_over(self._chance.below(7) - 3)
        self._connection.break_all()
        self._tell("failover", f"{lost} changes are lost")

    def redrive(self) -> None:
        for event in self._queues.redrive():
            self._tell("redrive", f"event {event}")

    def change_speeds(self, refreshing_: float, alerting: float = 1.0) -> None:
        """Some workers become slow, so that windows settle while they rest in the midst of work."""
        for name, tasks in self._workers.items():
            usual = alerting if WRITERS.get(name) == ALERT else 1.0
            usual = refreshing_ if name in REFRESHES else usual
            for task in tasks:
                task.weight = usual * self._chance.one_of(_WEIGHTS)

    def come_to_rest(self) -> None:
        """Nothing goes wrong any more, everything is delivered, every window settled; all that is
        stored then must be what a recompute gives.
        """
        self._tell("schedule", "comes to rest")
        self._connection.faults = replace(NONE, most_examined=self._connection.faults.most_examined)
        for task in self._workers.pop(_AUDIT, []):
            self._trampoline.kill(task)
        for task in self._trampoline.tasks:
            task.weight = 0.1 if task.name.split(" ")[0] in REFRESHES else 1.0
        self._rest_until(lambda: self._queues.is_empty)
        for name in REFRESHES:
            for task in self._workers[name]:
                self._trampoline.kill(task)
        self._rest_until(lambda: not self._connection.is_serving)  # those given up, too
        self._begin(REFRESHES[0])
        self._rest_until(self._is_counted, _SLOW_TICK_S)  # also where the clock was set back
        self.tick(max(self.replica.behind_s(), 0))
        end = window_of(self.replica.wall, WIDTH_S) + timedelta(seconds=_FUTURE_S // 2)
        self.tick(_FUTURE_S)
        self._rest_until(self._is_scan_begun)
        self.tick(_FUTURE_S)
        self._rest_until(lambda: self._is_settled(end))
        self._rest_until(lambda: self.replica.lag == 0)
        uncounted = self._invariants.uncounted()
        if uncounted:
            raise Broken(f"acknowledged, but not counted in the end: {uncounted}")
        if self._retention is None:
            check_equals_recompute(self.replica.held_state, self._ledger)

    def close(self) -> None:
        """End all that is under way."""
        for task in list(self._trampoline.tasks):
            self._trampoline.kill(task)

    def _is_counted(self) -> bool:
        return not self.replica.held_state.get(REFRESH_NOTES)

    def _is_scan_begun(self) -> bool:
        summary = self.replica.held_state.get(REFRESH, {}).get(SUMMARY, {})
        return bool(summary.get("scan", {}).get("phase", "begin") != "begin")

    def _is_settled(self, end: datetime) -> bool:
        """Return whether no note is left, nothing is left to be scanned, and all up to `end` is
        settled and in hours.
        """
        held = self.replica.held_state
        summary = held.get(REFRESH, {}).get(SUMMARY)
        if summary is None or held.get(NOTES) or held.get(REFRESH_NOTES):
            return False
        is_scanned: bool = summary.get("scan", {}).get("phase") == "done"
        made = made_until(held)
        are_made = made is not None and made >= end
        return is_scanned and bool(summary["horizon"] >= end) and are_made

    def _rest_until(self, is_reached: Callable[[], bool], tick_s: float = _REST_TICK_S) -> None:
        for _ in range(_END_OF_REST):
            if is_reached():
                return
            self.redrive()
            self.step()
            self.replica.advance(self.replica.lag)
            self.replica.tick(tick_s)
        raise Broken("the schedule does not come to rest")

    def _begin(self, name: str) -> None:
        self._workers[name] = [
            self._trampoline.spawn(f"{name} {part}".rstrip(), work)
            for part, work in self._work_of(name).items()
        ]
        for task in self._workers[name]:
            task.weight = _OF_HOURS if task.name.endswith(" hours") else 1.0

    def _work_of(self, name: str) -> Mapping[str, Coroutine[Any, None, None]]:
        if name == _AUDIT:
            return {"": Auditing(name, self._database).run()}
        settings = settings_of(self._shards)
        self._starts += 1
        if name in REFRESHES:
            owner, happens = f"{name}.{self._starts}", self._chance.happens
            return refreshing(owner, self._database, settings, happens, self._retention).lanes()
        writer = Writer(
            name,
            WRITERS[name],
            self._database,
            self._queues,
            self._invariants,
            settings,
            self._retention,
        )
        return {"": writer.run()}

    def _run_alone(self, work: Coroutine[Any, None, None]) -> None:
        task = self._trampoline.spawn("alone", work)
        while not task.is_done:
            self._trampoline.step(task)
        if task.error is not None:
            raise task.error

    def _tell(self, who: str, what: str) -> None:
        self.trace.append((who, what))
