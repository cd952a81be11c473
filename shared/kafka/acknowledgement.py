"""Waits for the acknowledgement of a publisher's records, and tells what an error of one means."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from confluent_kafka import KafkaError

from shared import metrics
from shared.outcomes import PermanentError, Reason, TemporaryError

NEVER_TAKEN: Final = frozenset(
    {KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE, KafkaError.INVALID_RECORD}
)


class Batch:
    """The records of one `publish`, counted down as they are acknowledged."""

    __slots__ = ("acknowledged", "open", "started")

    def __init__(self, acknowledged: asyncio.Future[None], count: int, started: float) -> None:
        self.acknowledged = acknowledged
        self.open = count
        self.started = started


def settle(finished: Sequence[tuple[Batch, KafkaError | None]]) -> None:
    """Count delivery reports down, and complete the batches that are done; in the loop."""
    for batch, error in finished:
        batch.open -= 1
        if error is not None:
            metrics.kafka_produce_errors.inc()
        if batch.acknowledged.done():  # failed before, or the request is gone
            continue
        if error is not None:
            batch.acknowledged.set_exception(outcome_of(error))
        elif batch.open == 0:
            metrics.kafka_produce_seconds.observe(time.perf_counter() - batch.started)
            batch.acknowledged.set_result(None)


def outcome_of(error: KafkaError) -> PermanentError | TemporaryError:
    """Return the outcome that an error of Kafka is."""
    if error.code() in NEVER_TAKEN:
        return PermanentError(Reason.TOO_LARGE, f"Kafka does not take the record: {error.str()}")
    return TemporaryError(Reason.KAFKA, f"Kafka did not acknowledge in time: {error.str()}")
