"""The alert function: readings come in as events; those outside a limit become alerts."""

from collections.abc import Sequence

from functions.alert.intake import keep_and_alert
from functions.alert.thresholds import allowed_ranges
from shared.mongo.connection import Mongo
from shared.mongo.reading_store import Incoming
from shared.readings.cloud_event import CloudEvent
from shared.serving.event_function import EventFunction
from shared.serving.intake import Intake
from shared.settings import ThresholdSettings


def alert_function(mongo: Mongo, thresholds: ThresholdSettings) -> EventFunction:
    """Return the function on this database."""
    return EventFunction("alert", mongo, AlertHandler(mongo, thresholds))


class AlertHandler:
    """An event is done when its readings and its alerts are stored."""

    def __init__(self, mongo: Mongo, thresholds: ThresholdSettings) -> None:
        self._mongo = mongo
        self._allowed = allowed_ranges(thresholds)
        self._intake = Intake(self._keep, mongo.holds_dedup_unique)

    async def handle(self, event: CloudEvent) -> None:
        """Store the event's readings and alerts.

        Raise PermanentError for an event that is not of readings, TemporaryError where the
        database fails.
        """
        await self._intake.take(event)

    async def _keep(self, incoming: Sequence[Incoming]) -> frozenset[str]:
        return await keep_and_alert(
            self._mongo.database, incoming, self._allowed, self._mongo.raw_retention
        )
