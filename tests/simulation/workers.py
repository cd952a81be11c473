"""What does each worker do? The functions' own code on the double, as their processes run it."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

from functions.aggregate.audit.audit_store import AuditStore
from functions.aggregate.audit.window_audit import Repair, WindowAudit
from functions.aggregate.intake import keep_and_note
from functions.aggregate.refresh.refresh_pass import Remembered, refresh
from functions.aggregate.store.views import take_lease
from functions.alert.intake import keep_and_alert
from functions.alert.thresholds import allowed_ranges
from shared.mongo.database import Database
from shared.mongo.reading_store import Incoming
from shared.outcomes import TemporaryError
from shared.readings.identity import EPOCH
from shared.settings import AggregateSettings, ThresholdSettings
from tests.simulation.generated_readings import WIDTH_S
from tests.simulation.queues import AGGREGATE, Queues
from tests.simulation.trampoline import Point

SETTINGS: Final = AggregateSettings(aggregate_window_seconds=WIDTH_S, aggregate_grace_seconds=5)
_WAIT_S: Final = 0.5
ALLOWED: Final = allowed_ranges(ThresholdSettings())


class Watcher(Protocol):
    """Who is told what the workers promise."""

    def aggregate_acknowledged(self, incoming: Sequence[Incoming]) -> None: ...

    def alert_acknowledged(self, incoming: Sequence[Incoming]) -> None: ...


@dataclass(slots=True)
class Writer:
    """A process of aggregate or alert, on its way from event to event."""

    name: str
    function: str
    database: Database
    queues: Queues
    watcher: Watcher
    width_s: int = WIDTH_S

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
            await keep_and_note(self.database, incoming, self.width_s)
            self.watcher.aggregate_acknowledged(incoming)
        else:
            await keep_and_alert(self.database, incoming, ALLOWED)
            self.watcher.alert_acknowledged(incoming)


@dataclass(slots=True)
class Refreshing:
    """The refresh of one process: what functions.aggregate.refresher does, without its clock."""

    name: str
    database: Database
    completed: Callable[[bool], None]
    is_hurried: Callable[[], bool] = bool
    settings: AggregateSettings = SETTINGS

    async def run(self) -> None:
        remembered = Remembered()
        while True:
            await Point(f"{self.name} rests")
            try:
                is_settled = await self.make_pass(remembered)
            except TemporaryError:
                continue
            if is_settled is not None:
                self.completed(is_settled)

    async def make_pass(self, remembered: Remembered) -> bool | None:
        """Make a pass, if one is due; tell whether all is settled, None where none was made."""
        width_s = self.settings.aggregate_window_seconds
        async with self.database.client.start_session(causal_consistency=True) as session:
            this = await take_lease(
                self.database, session, self.name, width_s, is_hurried=self.is_hurried()
            )
            if this is None:
                return None
            return await refresh(this, self.settings, remembered, lambda: _WAIT_S)


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
