"""Readings come in as events; those outside a limit become alerts."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from functions.alert.alert_store import keep_alerts
from functions.alert.thresholds import AllowedRange, alerts_raised_by
from shared import metrics
from shared.mongo.connection import Mongo
from shared.mongo.database import Database
from shared.mongo.reading_store import Incoming, count_too_late, keep, refuse_too_late
from shared.readings.cloud_event import CloudEvent
from shared.readings.reading import HUMIDITY, TEMPERATURE
from shared.readings.reading_event import readings_in
from shared.serving.event_function import EventResponder
from shared.serving.group_commit import GroupCommit
from shared.serving.http import HttpRequest, HttpResponse
from shared.settings import ThresholdSettings


class AlertFunction:
    """The alert function: an event is done when its readings are stored and its alerts are kept."""

    name = "alert"

    def __init__(self, mongo: Mongo, thresholds: ThresholdSettings) -> None:
        self._mongo = mongo
        self._allowed = allowed_ranges(thresholds)
        self._answers = EventResponder(self)
        self._keeping = GroupCommit(self._keep, len)

    async def open(self) -> None:
        await self._mongo.open()

    async def close(self) -> None:
        await self._mongo.close()

    def not_ready(self) -> str | None:
        return self._mongo.not_ready()

    async def respond(self, request: HttpRequest) -> HttpResponse:
        return await self._answers.respond(request)

    async def handle(self, event: CloudEvent) -> None:
        """Keep the event's readings and alerts; raises PermanentError for an event that is not of
        readings, TemporaryError where the database fails.
        """
        received = readings_in(event)
        late = await self._keeping.submit(
            [Incoming(reading, received.received_at) for reading in received.readings]
        )
        refuse_too_late(late)

    async def _keep(self, events: Sequence[Sequence[Incoming]]) -> Sequence[int]:
        too_late = await keep_and_alert(
            self._mongo.database,
            [one for event in events for one in event],
            self._allowed,
            self._mongo.raw_retention,
        )
        return [count_too_late(event, too_late) for event in events]


async def keep_and_alert(
    database: Database,
    incoming: Sequence[Incoming],
    allowed: Mapping[str, AllowedRange],
    retention: timedelta | None = None,
) -> frozenset[str]:
    """Store the readings that are not there, then the alerts they raise.

    In this order, since an alert follows from the stored reading. A reading without a breach costs
    nothing more. Gives the ids of readings that are too late to be stored at all. Raises
    TemporaryError where the database fails; doing it again completes it.
    """
    async with database.client.start_session(causal_consistency=True) as session:
        kept = await keep(database, session, incoming, retention)
        raised = [
            (alert, kept.stored_as[one.reading.reading_id])
            for one in incoming
            if one.reading.reading_id in kept.stored_as
            for alert in alerts_raised_by(one.reading, allowed)
        ]
        if raised:
            for alert in await keep_alerts(database, session, raised):
                metrics.alerts_raised.labels(alert.sensor_type, alert.severity).inc()
        return kept.too_late


def allowed_ranges(thresholds: ThresholdSettings) -> Mapping[str, AllowedRange]:
    """Give the allowed range of each sensor that has limits."""
    return {
        TEMPERATURE: AllowedRange(thresholds.temp_min_threshold, thresholds.temp_max_threshold),
        HUMIDITY: AllowedRange(
            thresholds.humidity_min_threshold, thresholds.humidity_max_threshold
        ),
    }
