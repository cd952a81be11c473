"""Readings come in as events; those outside a limit become alerts."""

from collections.abc import Mapping, Sequence

from functions.alert.alert_store import keep_alerts
from functions.alert.thresholds import AllowedRange, alerts_raised_by
from shared import metrics
from shared.cloud_event import CloudEvent
from shared.event_function import EventAnswers
from shared.group_commit import GroupCommit
from shared.http import Answer, Request
from shared.mongo import Database, Mongo
from shared.reading import HUMIDITY, TEMPERATURE
from shared.reading_event import readings_in
from shared.reading_store import Incoming, keep
from shared.settings import ThresholdSettings


class Alert:
    """The alert function: an event is done when its readings are stored and its alerts are kept."""

    name = "alert"

    def __init__(self, mongo: Mongo, thresholds: ThresholdSettings) -> None:
        self._mongo = mongo
        self._allowed = allowed_ranges(thresholds)
        self._answers = EventAnswers(self)
        self._keeping = GroupCommit(self._keep, len)

    async def open(self) -> None:
        await self._mongo.open()

    async def close(self) -> None:
        await self._mongo.close()

    def not_ready(self) -> str | None:
        return self._mongo.not_ready()

    async def answer(self, request: Request) -> Answer:
        return await self._answers.answer(request)

    async def handle(self, event: CloudEvent) -> None:
        """Keep the event's readings and alerts; raises Rejected for an event that is not of
        readings, TryAgain where the database fails.
        """
        received = readings_in(event)
        await self._keeping.submit(
            [Incoming(reading, received.received_at) for reading in received.readings]
        )

    async def _keep(self, events: Sequence[Sequence[Incoming]]) -> Sequence[None]:
        incoming = [one for event in events for one in event]
        await keep_and_alert(self._mongo.database, incoming, self._allowed)
        return [None] * len(events)


async def keep_and_alert(
    database: Database, incoming: Sequence[Incoming], allowed: Mapping[str, AllowedRange]
) -> None:
    """Store the readings that are not there, then the alerts they raise.

    In this order, since an alert follows from the stored reading. A reading without a breach costs
    nothing more. Raises TryAgain where the database fails; doing it again completes it.
    """
    async with database.client.start_session(causal_consistency=True) as session:
        kept = await keep(database, session, incoming)
        raised = [
            (alert, kept.stored_as[one.reading.reading_id])
            for one in incoming
            for alert in alerts_raised_by(one.reading, allowed)
        ]
        if not raised:
            return
        for alert in await keep_alerts(database, session, raised):
            metrics.alerts_raised.labels(alert.sensor_type, alert.severity).inc()


def allowed_ranges(thresholds: ThresholdSettings) -> Mapping[str, AllowedRange]:
    """Give the allowed range of each sensor that has limits."""
    return {
        TEMPERATURE: AllowedRange(thresholds.temp_min_threshold, thresholds.temp_max_threshold),
        HUMIDITY: AllowedRange(
            thresholds.humidity_min_threshold, thresholds.humidity_max_threshold
        ),
    }
