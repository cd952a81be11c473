"""Stores readings, then the alerts that they raise: what happens before an acknowledgement."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from functions.alert.alert_store import keep_alerts
from functions.alert.thresholds import AllowedRange, alerts_raised_by
from shared import metrics
from shared.mongo.database import Database
from shared.mongo.reading_store import Incoming, keep


async def keep_and_alert(
    database: Database,
    incoming: Sequence[Incoming],
    allowed: Mapping[str, AllowedRange],
    retention: timedelta | None = None,
) -> frozenset[str]:
    """Store the readings that are not there, then the alerts they raise.

    In this order, since an alert follows from the stored reading. A reading without a breach costs
    nothing more. Return the ids of readings that are too late to be stored at all. Raise
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
