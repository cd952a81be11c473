"""What each worker does: the functions' own code on the double, as their processes run it."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Protocol

from functions.aggregate.audit.audit_store import AuditStore
from functions.aggregate.audit.window_audit import Repair, WindowAudit
from functions.aggregate.intake import keep_and_note
from functions.aggregate.refresh.hour_scan import HourScan
from functions.aggregate.refresh.lanes import late_step, live_pass
from functions.aggregate.refresh.remembered import Remembered
from functions.aggregate.refresh.scan import Scan
from functions.aggregate.refresh.shares import Shares
from functions.aggregate.refresh.work import Refresh
from functions.alert.intake import keep_and_alert
from functions.alert.rules_in_force import RulesInForce
from functions.alert.work import AlertWork
from shared.mongo.database import Database
from shared.mongo.reading_store import Incoming
from shared.outcomes import TemporaryError
from shared.readings.identity import EPOCH
from shared.settings import AggregateSettings
from tests.simulation.generated_readings import WIDTH_S
from tests.simulation.queues import AGGREGATE, Queues
from tests.simulation.trampoline import Point

GRACE_S: Final = 5
_URGENT: Final = 0.2


def settings_of(shards: int, width_s: int = WIDTH_S, grace_s: int = GRACE_S) -> AggregateSettings:
    return AggregateSettings(
        aggregate_window_seconds=width_s, aggregate_grace_seconds=grace_s, aggregate_shards=shards
    )


class Watcher(Protocol):
    """Who is told what the workers promise."""

    def seconds(self) -> int: ...

    def aggregate_acknowledged(self, incoming: Sequence[Incoming], began: int) -> None: ...

    def alert_acknowledged(self, incoming: Sequence[Incoming]) -> None: ...


@dataclass(slots=True)
class Writer:
    """A process of aggregate or alert, on its way from event to event."""

    name: str
    function: str
    database: Database
    queues: Queues
    watcher: Watcher
    settings: AggregateSettings
    retention: timedelta | None = None
    # None: here it stores readings. Alerts have schedules of their own, in tests/simulation/alerts.
    work: AlertWork = field(default_factory=lambda: AlertWork(RulesInForce(())))

    async def run(self) -> None:
        while True:
            await Point(f"{self.name} waits", lambda: bool(self.queues.waiting[self.function]))
            deliveries = self.queues.take(self.name, self.function)
            incoming = [one for delivery in deliveries for one in delivery.incoming]
            try:
                await self.keep(incoming)
            except TemporaryError:
                self.queues.give_back(self.name)
            else:
                self.queues.acknowledge(self.name)

    async def keep(self, incoming: Sequence[Incoming]) -> None:
        """Do what the function does with these; whoever watches learns what is promised by it."""
        if self.function == AGGREGATE:
            began = self.watcher.seconds()
            late = await keep_and_note(self.database, incoming, self.settings, self.retention)
            kept = [one for one in incoming if one.reading.reading_id not in late]
            self.watcher.aggregate_acknowledged(kept, began)
        else:
            late = await keep_and_alert(self.database, incoming, self.work, self.retention)
            kept = [one for one in incoming if one.reading.reading_id not in late]
            self.watcher.alert_acknowledged(kept)


@dataclass(slots=True)
class Refreshing:
    """The refresh of one process: its lanes and its scan, which share what they remember."""

    this: Refresh
    happens: Callable[[float], bool]
    shares: Shares = field(init=False)
    scan: Scan = field(init=False)
    hours: HourScan = field(init=False)

    def __post_init__(self) -> None:
        self.shares = Shares(self.this)
        self.scan = Scan(self.this)
        self.hours = HourScan(self.this)

    def lanes(self) -> Mapping[str, Coroutine[Any, None, None]]:
        """Return what runs side by side in the process, by name."""
        return {
            "live": self._again(self.live_round),
            "late": self._again(self.late_round),
            "scan": self._again(self.scan_step),
            "hours": self._again(self.hour_step),
        }

    async def live_round(self) -> None:
        """Take part in what is held by whom, now and then; make a live pass of what is held."""
        if not self.shares.held or self.happens(0.3):
            await self.shares.beat(is_urgent=self.happens(_URGENT))
        for one in sorted(self.shares.held):
            if await live_pass(self.this, *one) is None:
                self.shares.held.discard(one)

    async def late_round(self) -> None:
        for one in sorted(self.shares.held):
            await late_step(self.this, *one)

    async def scan_step(self) -> None:
        await self.scan.step()

    async def hour_step(self) -> None:
        await self.hours.step()

    async def _again(self, step: Callable[[], Coroutine[Any, None, None]]) -> None:
        while True:
            await Point(f"{self.this.owner} rests")
            with suppress(TemporaryError):
                await step()


def refreshing(
    name: str,
    database: Database,
    settings: AggregateSettings,
    happens: Callable[[float], bool],
    retention: timedelta | None = None,
) -> Refreshing:
    """Return the refresh of a process that begins now, and remembers nothing."""
    this = Refresh(lambda: database, f"v2-{name}", settings, retention, Remembered())
    return Refreshing(this, happens)


@dataclass(slots=True)
class Auditing:
    """An operator's audit with --repair, again and again, beside everything else."""

    name: str
    database: Database

    async def run(self) -> None:
        while True:
            await self._rest(0.0)
            with suppress(TemporaryError):
                await self._audit()

    async def _audit(self) -> None:
        async with self.database.client.start_session(causal_consistency=True) as session:
            store = AuditStore(self.database, session, WIDTH_S)
            horizon = await store.horizon()
            if horizon is not None:
                audit = WindowAudit(store, WIDTH_S, Repair(grown=True), self._rest)
                async for _ in audit.windows(EPOCH, horizon):
                    await self._rest(0.0)

    async def _rest(self, _seconds: float) -> None:
        await Point(f"{self.name} rests")
