"""Which dead letters are kept? Each once, with the original event; and which of them are
redriven.
"""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bson import Binary
from pymongo import ASCENDING

from functions.dlq.failure_report import FailureReport, letter_id_of
from shared.mongo.collections import DEAD_LETTERS, Document
from shared.mongo.database import Database
from shared.mongo.errors import database_errors
from shared.readings.cloud_event import CloudEvent

OPEN: Final = "open"
REDRIVEN: Final = "redriven"
_BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A kept event, as the redrive needs it."""

    letter_id: str
    stage: str
    reason: str
    event: CloudEvent


@dataclass(frozen=True, slots=True)
class Selection:
    """Which dead letters: None means any. Times are of dead-lettering, aware UTC, half-open."""

    stage: str | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def keep_dead_letter(
    database: Database, event: CloudEvent, report: FailureReport, now: datetime
) -> bool:
    """Keep the event; tell whether it is new. The same letter again is open again, and not a
    second.

    Raises TemporaryError where the database fails.
    """
    letter_id = letter_id_of(report.stage, event)
    letter: Document = {
        "stage": report.stage,
        "reason": report.reason,
        "source": event.source,
        "event_id": event.event_id,
        "event_type": event.event_type,
        "destination": report.destination,
        "dead_lettered_at": now,
        "attributes": dict(event.attributes),
        "data": Binary(event.data),
    }
    optional = {
        "error_code": report.error_code,
        "error_data": report.error_data,
        "content_type": event.content_type,
        "reading_ids": list(report.reading_ids) or None,
    }
    letter.update((name, value) for name, value in optional.items() if value is not None)
    async with database_errors("keep_dead_letter"):
        result = await database[DEAD_LETTERS].update_one(
            {"_id": letter_id},
            {"$setOnInsert": letter, "$set": {"status": OPEN}},
            upsert=True,
        )
    return result.upserted_id is not None


async def open_letters(database: Database, selection: Selection) -> AsyncGenerator[DeadLetter]:
    """Give the open dead letters that are selected, oldest first."""
    async with database_errors("read_dead_letters"):
        cursor = database[DEAD_LETTERS].find(
            _filter(selection), sort=[("dead_lettered_at", ASCENDING)], batch_size=_BATCH
        )
        async with cursor:
            async for found in cursor:
                event = CloudEvent(
                    found["attributes"], found.get("content_type"), bytes(found["data"])
                )
                yield DeadLetter(found["_id"], found["stage"], found["reason"], event)


async def mark_redriven(database: Database, letter_id: str, now: datetime) -> None:
    """Say that the letter was published again, and is to be opened only if it fails again."""
    async with database_errors("mark_redriven"):
        await database[DEAD_LETTERS].update_one(
            {"_id": letter_id}, {"$set": {"status": REDRIVEN, "redriven_at": now}}
        )


def _filter(selection: Selection) -> Mapping[str, object]:
    wanted: Document = {"status": OPEN}
    if selection.stage is not None:
        wanted["stage"] = selection.stage
    if selection.reason is not None:
        wanted["reason"] = selection.reason
    bounds = {"$gte": selection.since, "$lt": selection.until}
    given = {operator: moment for operator, moment in bounds.items() if moment is not None}
    if given:
        wanted["dead_lettered_at"] = given
    return wanted
