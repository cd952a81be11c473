"""Publishes one dead letter again: for the command and for the tick."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from functions.dlq.original_record import record_of
from functions.dlq.redrive_store import DeadLetter, mark_redriven, note_refused
from shared.mongo.database import Database
from shared.outcomes import PermanentError
from shared.readings.reading_event import Record


class Publisher(Protocol):
    """Where records become safe; raises PermanentError for one that Kafka never takes."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def publish(self, topic: str, records: Sequence[Record]) -> None: ...


async def publish_again(
    database: Database, publisher: Publisher, topic: str, letter: DeadLetter, now: datetime
) -> str | None:
    """Publish the original record and mark the letter; return why it cannot be, else None.

    In this order: a letter that was published and not marked is published again, which changes
    nothing. One that arrived again in the meantime stays open. Raise TemporaryError where Kafka or
    the database fails.
    """
    try:
        await publisher.publish(topic, [record_of(letter.event)])
    except (PermanentError, ValueError) as refused:
        await note_refused(database, letter, str(refused))
        return str(refused)
    await mark_redriven(database, letter, now)
    return None
