"""The dlq function: an event that KafkaSource gave up on comes in and is stored, whatever it is."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from functions.dlq.dead_letter_store import keep_dead_letter
from functions.dlq.failure_report import report_of
from shared import metrics
from shared.mongo.connection import Mongo
from shared.outcomes import Reason
from shared.readings.cloud_event import CloudEvent
from shared.serving.event_function import EventFunction

MAX_BODY: Final = 12 * 1_048_576  # a document holds 16 MiB; nothing refused here has another place


def dlq_function(
    mongo: Mongo, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> EventFunction:
    """Return the function on this database; whatever arrives is an event to it."""
    return EventFunction("dlq", mongo, DeadLetterHandler(mongo, now), required=())


class DeadLetterHandler:
    """A dead letter is done when it is stored."""

    def __init__(self, mongo: Mongo, now: Callable[[], datetime]) -> None:
        self._mongo = mongo
        self._now = now

    async def handle(self, event: CloudEvent) -> None:
        """Store the event; raise TemporaryError where the database fails, and nothing else."""
        report = report_of(event)
        if await keep_dead_letter(self._mongo.database, event, report, self._now()):
            metrics.dead_letters.labels(Reason.label_of(report.reason)).inc()
