"""The aggregate function: readings come in as events and are stored; the refresh runs beside it."""

from collections.abc import Sequence
from typing import Final

from functions.aggregate.intake import keep_and_note
from functions.aggregate.refresh.scheduler import RefreshScheduler
from shared.mongo.connection import Mongo
from shared.mongo.erasures import Erasures
from shared.mongo.reading_store import Incoming
from shared.readings.cloud_event import TICK_TYPE, CloudEvent
from shared.serving.event_function import EventFunction
from shared.serving.intake import Intake
from shared.settings import AggregateSettings

_TICK_S: Final = 20.0


def aggregate_function(mongo: Mongo, settings: AggregateSettings) -> EventFunction:
    """Return the function on this database, with a refresh that lives as long as it does."""
    scheduler = RefreshScheduler(mongo, settings)
    handler = AggregateHandler(mongo, settings, scheduler)
    return EventFunction("aggregate", mongo, handler, resources=[scheduler])


class AggregateHandler:
    """An event is done when its readings are stored and noted as still to be counted."""

    def __init__(
        self, mongo: Mongo, settings: AggregateSettings, scheduler: RefreshScheduler
    ) -> None:
        self._mongo = mongo
        self._settings = settings
        self._scheduler = scheduler
        self._erasures = Erasures(mongo)
        self._intake = Intake(self._keep, mongo.holds_dedup_unique)

    async def handle(self, event: CloudEvent) -> None:
        """Store the event's readings, or, for the `refresh` tick, complete a refresh.

        Raise PermanentError for an event that is not of readings, TemporaryError where the
        database fails.
        """
        if event.event_type == TICK_TYPE:
            await self._scheduler.next_pass(_TICK_S)
            return
        await self._intake.take(event)

    async def _keep(self, incoming: Sequence[Incoming]) -> frozenset[str]:
        kept = await self._erasures.without_erased(incoming)
        if not kept:
            return frozenset()
        too_late = await keep_and_note(
            self._mongo.database,
            kept,
            self._settings,
            self._mongo.raw_retention,
        )
        self._scheduler.want()
        return too_late
