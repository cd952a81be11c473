"""The dlq function: stores what KafkaSource gave up on, and sends back what died of the world."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from functions.dlq.automatic_redrive import AutomaticRedrive
from functions.dlq.dead_letter_store import keep_dead_letter
from functions.dlq.failure_report import is_dead_letter, report_of
from functions.dlq.republishing import Publisher
from shared import metrics
from shared.mongo.connection import Mongo
from shared.outcomes import Reason
from shared.readings.cloud_event import TICK_TYPE, CloudEvent
from shared.serving.event_function import EventFunction

MAX_BODY: Final = 12 * 1_048_576  # a document holds 16 MiB; nothing refused here has another place


def dlq_function(
    mongo: Mongo,
    publisher: Publisher,
    topic: str,
    attempts: int = 0,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> EventFunction:
    """Return the function on this database; whatever arrives is an event to it.

    At a tick, letters that died of the world are published to `topic`, each `attempts` times.
    """
    automatic = AutomaticRedrive(mongo, publisher, topic, attempts, now)
    handler = DeadLetterHandler(mongo, automatic, now)
    return EventFunction("dlq", mongo, handler, resources=[automatic], required=())


class DeadLetterHandler:
    """A dead letter is done when it is stored, a tick when what was due is published."""

    def __init__(
        self, mongo: Mongo, automatic: AutomaticRedrive, now: Callable[[], datetime]
    ) -> None:
        self._mongo = mongo
        self._automatic = automatic
        self._now = now

    async def handle(self, event: CloudEvent) -> None:
        """Store the event, or, for the `redrive` tick, publish what is due.

        Raise TemporaryError where the database or Kafka fails, and nothing else.
        """
        if event.event_type == TICK_TYPE and not is_dead_letter(event):
            await self._automatic.run()
            return
        report = report_of(event)
        if await keep_dead_letter(self._mongo.database, event, report, self._now()):
            metrics.dead_letters.labels(Reason.label_of(report.reason)).inc()
