"""What can happen to alerts: writers, ticks and rules on the double, and what befalls them."""

from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from functions.alert.intake import keep_and_alert
from functions.alert.rules_in_force import RulesInForce
from functions.alert.tick import tick
from functions.alert.work import AlertWork
from shared.mongo.collections import ALERT_STATES, ALERTS, RAW
from shared.mongo.database import majority
from shared.mongo.indexes import make_indexes
from shared.mongo.reading_store import Incoming, keep
from shared.outcomes import TemporaryError
from shared.readings.identity import EPOCH
from tests.simulation.alerts.generated_rules import generated_rules
from tests.simulation.alerts.generated_samples import Devices
from tests.simulation.alerts.notices import EveryNotice, check_notices
from tests.simulation.alerts.timelines import check_equals_one_fold
from tests.simulation.code_under_test import WrongClock
from tests.simulation.database_double.client import Client
from tests.simulation.database_double.connection import SLOW, Connection
from tests.simulation.database_double.faults import NONE, Faults
from tests.simulation.database_double.replica import Document, Entry, Replica
from tests.simulation.ledger import Broken, stored_as
from tests.simulation.queues import AGGREGATE, ALERT, Queues
from tests.simulation.seeded_random import Chance
from tests.simulation.trampoline import Point, Task, Trampoline

START: Final = datetime(2026, 3, 1, 12, 0, 40, tzinfo=UTC)
TICKERS: Final = ("tick-1", "tick-2")
_WEIGHTS: Final = (1.0, 1.0, 0.15, SLOW)
_END_OF_REST: Final = 8_000
_REDRIVEN: Final = 10  # readings at once


class AlertWorld:
    """One history. Each method is one thing that happens; each raises Broken where a promise is
    broken by it. `trace` says what happened.
    """

    def __init__(self, chance: Chance, faults: Faults, *, sees_all: bool, writers: int = 4) -> None:
        self.trace: list[tuple[str, str]] = []
        self.replica = Replica(START)
        self._chance = chance
        self._sees_all = sees_all
        self._writers = {f"alert-{number}": ALERT for number in range(1, writers + 1)}
        self._writers["aggregate"] = AGGREGATE  # it stores the same readings
        self.workers = (*self._writers, *TICKERS)
        self._trampoline = Trampoline()
        self._connection = Connection(self.replica, self._trampoline, chance)
        self._database = majority(cast("Any", Client(self._connection)), "iotdb")
        self._run_alone(make_indexes(self._database))
        self._queues = Queues(chance, retries=chance.one_of((0, 1, 3)))
        self._devices = Devices.of(chance, START)
        self._events = 0
        self._notices = EveryNotice()
        self._published: list[Sequence[Incoming]] = []
        self._rules = generated_rules(chance, sees_all=sees_all)
        self.replica.on_write = self._on_write
        self.replica.on_held = self._on_held
        if chance.happens(0.7):
            self._tick_alone()  # rules are published, and nothing is to be swept
        self._connection.faults = faults
        self._clocks = {name: timedelta(seconds=chance.below(1200) - 600) for name in self.workers}
        self._workers: dict[str, Task] = {}
        for name in self.workers:
            self._begin(name)

    def publish(self) -> None:
        """An event comes."""
        self._events += 1
        event = self._devices.well if self._chance.happens(0.3) else self._devices.event
        incoming = event(self.replica.wall)
        self._published.append(incoming)
        self._queues.publish(self._events, incoming)
        told = ", ".join(
            f"{one.reading.device_id} {one.reading.ts:%dT%T} {one.reading.temperature_c}"
            for one in incoming
        )
        self._tell("event", f"{self._events}: {told}")

    def step(self) -> None:
        """One of those that can go on does one step; each worker's own clock is wrong."""
        ready = self._trampoline.ready()
        if not ready:
            self._trampoline.steps += 1
            return
        task = self._chance.weighted(ready, [one.weight for one in ready])
        name = task.name.split(" ")[0]
        WrongClock.set(self.replica.wall, self._clocks.get(name, timedelta()))
        self._trampoline.step(task)
        self._tell(task.name, "done" if task.is_done else task.at.label)
        if task.error is not None and task is self._workers.get(name):
            raise task.error

    def advance(self, entries: int) -> None:
        self.replica.advance(entries)
        self._tell("majority", f"holds all up to {self.replica.held}")

    def tick(self, seconds: float) -> None:
        self.replica.tick(seconds)
        self._tell("clock", f"{self.replica.wall:%dT%T}")

    def note_nothing(self) -> None:
        self.replica.note_nothing()

    def crash(self, name: str) -> None:
        """A worker's process ends where it is; what it had in hand is delivered again."""
        self._tell(name, "crashes")
        if not self._workers[name].is_done:
            self._trampoline.kill(self._workers[name])
        self._queues.give_back(name)
        self._begin(name)

    def deploy(self) -> None:
        """Other rules are set, and one process is started with them; others follow."""
        self._rules = generated_rules(self._chance, sees_all=self._sees_all)
        self._tell("deployment", "other rules")
        self.crash(self._chance.one_of(self.workers))

    def fail_over(self) -> None:
        """Another member becomes primary, by a clock of its own; what no majority holds is lost."""
        lost = self.replica.fail_over(self._chance.below(7) - 3)
        self._connection.break_all()
        self._tell("failover", f"{lost} changes are lost")

    def redrive(self) -> None:
        for event in self._queues.redrive():
            self._tell("redrive", f"event {event}")

    def change_speeds(self, ticking: float) -> None:
        for name, task in self._workers.items():
            usual = ticking if name in TICKERS else 1.0
            task.weight = usual * self._chance.one_of(_WEIGHTS)

    def come_to_rest(self) -> None:
        """Nothing goes wrong any more, all is delivered, and a last tick has come."""
        self._tell("schedule", "comes to rest")
        self._connection.faults = replace(NONE, most_examined=self._connection.faults.most_examined)
        last = ("alert-1", "aggregate")  # in the end one of each does the rest
        for name in (one for one in self.workers if one not in last):
            self._queues.give_back(name)
            self._trampoline.kill(self._workers[name])
        for task in self._trampoline.tasks:
            task.weight = 1.0
        self._rest_until(lambda: self._queues.is_empty)
        for _ in range(self._chance.below(4)):
            self.publish()
            self._rest_until(lambda: self._queues.is_empty)
        for name in last:
            self._trampoline.kill(self._workers[name])
        self._rest_until(lambda: not self._connection.is_serving)
        self.replica.advance(self.replica.lag)
        self._tick_alone()
        self._check()
        check_notices(self.replica.held_state)

    def forget_alerts(self) -> None:
        """Delete all but readings and rules; what a sweep then makes of them must be the same."""
        self.replica.on_held = _nobody
        for collection in (ALERTS, ALERT_STATES):
            for key in list(self.replica.applied_state.get(collection, {})):
                self.replica.write(collection, key, None)
        self.replica.advance(self.replica.lag)
        self._tick_alone()
        self._check()

    def deliver_all_again(self) -> None:
        """Deliver every event once more, as a redrive of nothing that was lost."""
        incoming = [one for event in self._published for one in event]
        for first in range(0, len(incoming), _REDRIVEN):
            some = incoming[first : first + _REDRIVEN]
            work = AlertWork(RulesInForce(self._rules), self._notices)
            self._run_alone(keep_and_alert(self._database, some, work))
        self._check()

    def alerts(self) -> dict[str, Document]:
        """Return the alerts that a majority holds, by id."""
        return dict(self.replica.held_state.get(ALERTS, {}))

    def close(self) -> None:
        """End all that is under way."""
        for task in list(self._trampoline.tasks):
            self._trampoline.kill(task)

    def _check(self) -> None:
        self.replica.advance(self.replica.lag)
        clock = EPOCH + timedelta(seconds=self.replica.applied.seconds)
        check_equals_one_fold(self.replica.held_state, clock)

    def _tick_alone(self) -> None:
        work = AlertWork(RulesInForce(self._rules), self._notices)
        self._run_alone(tick(self._database, work))

    def _rest_until(self, is_reached: Callable[[], bool]) -> None:
        for _ in range(_END_OF_REST):
            if is_reached():
                return
            self.redrive()
            self.step()
            self.replica.advance(self.replica.lag)
        raise Broken("the schedule does not come to rest")

    def _begin(self, name: str) -> None:
        work = self._ticking(name) if name in TICKERS else self._writing(name)
        self._workers[name] = self._trampoline.spawn(name, work)

    async def _writing(self, name: str) -> None:
        function, work = self._writers[name], AlertWork(RulesInForce(self._rules), self._notices)
        while True:
            await Point(f"{name} waits", lambda: bool(self._queues.waiting[function]))
            deliveries = self._queues.take(name, function)
            incoming = [one for delivery in deliveries for one in delivery.incoming]
            try:
                if function == ALERT:
                    await keep_and_alert(self._database, incoming, work)
                    self._acknowledged(incoming)
                else:
                    await self._keep(incoming)
            except TemporaryError:
                self._queues.give_back(name)
            else:
                self._queues.acknowledge(name)

    async def _keep(self, incoming: Sequence[Incoming]) -> None:
        async with self._database.client.start_session(causal_consistency=True) as session:
            await keep(self._database, session, incoming)

    async def _ticking(self, name: str) -> None:
        work = AlertWork(RulesInForce(self._rules), self._notices)
        while True:
            await Point(f"{name} rests")
            with suppress(TemporaryError):
                await tick(self._database, work)

    def _acknowledged(self, incoming: Sequence[Incoming]) -> None:
        for one in incoming:
            if stored_as(self.replica.held_state, one) is None:
                raise Broken(f"acknowledged, but no majority holds {one.reading.reading_id}")

    def _on_write(self, entry: Entry, _before: Document | None) -> None:
        if entry.collection == ALERTS and entry.document is not None:
            readings = self.replica.held_state.get(RAW, {})
            missing = {*entry.document["opened_by"], *entry.document["closed_by"]} - readings.keys()
            if missing:
                raise Broken(f"an alert is of readings that are not stored: {entry.document}")

    def _on_held(self, entry: Entry, before: Document | None) -> None:
        if entry.collection != ALERTS or before is None:
            return
        after = entry.document
        if after is None or after["version"] != before["version"] + 1:
            raise Broken(f"an alert was replaced by no successor: {before} by {after}")
        if after["state_rev"] < before["state_rev"]:
            raise Broken(f"an alert went back to an older timeline: {before} to {after}")

    def _run_alone(self, work: Coroutine[Any, None, Any]) -> None:
        task = self._trampoline.spawn("alone", work)
        while not task.is_done:
            self._trampoline.step(self._trampoline.ready()[-1])
            self.replica.advance(self.replica.lag)
        if task.error is not None:
            raise task.error

    def _tell(self, who: str, what: str) -> None:
        self.trace.append((who, what))


def _nobody(_entry: Entry, _before: Document | None) -> None:
    return
