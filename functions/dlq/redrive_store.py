"""Reads dead letters that are to be published again, and marks what became of them.

A mark is set only where nothing arrived since the letter was read: a letter that failed again in
the meantime stays open.
"""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo import ASCENDING

from functions.dlq.dead_letter_store import OPEN, REDRIVEN
from functions.dlq.failure_report import Cause
from shared.mongo.collections import DEAD_LETTERS, Document
from shared.mongo.database import Database
from shared.mongo.errors import database_errors
from shared.outcomes import Reason
from shared.readings.cloud_event import CloudEvent
from shared.readings.identity import EPOCH

FIRST_WAIT: Final = timedelta(minutes=1)  # doubled with each redrive by the tick
_BATCH: Final = 100
_OLDEST_FIRST: Final = [("dead_lettered_at", ASCENDING)]
_FIRST_REQUEST_FIRST: Final = [("redrive_requested.at", ASCENDING)]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A stored event, as the redrive needs it; `arrivals` and `redrives` as they were read."""

    letter_id: str
    stage: str
    reason: str
    event: CloudEvent
    arrivals: int | None  # none in a letter of an earlier version
    redrives: int


@dataclass(frozen=True, slots=True)
class Selection:
    """Which dead letters: None means any. Times are of dead-lettering, aware UTC, half-open."""

    stage: str | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def open_letters(database: Database, selection: Selection) -> AsyncGenerator[DeadLetter]:
    """Yield the open dead letters that are selected, oldest first."""
    async with database_errors(Reason.READ_DEAD_LETTERS):
        cursor = database[DEAD_LETTERS].find(
            _filter(selection), sort=_OLDEST_FIRST, batch_size=_BATCH
        )
        async with cursor:
            async for found in cursor:
                yield _letter(found)


async def due_letters(
    database: Database, now: datetime, attempts: int, limit: int
) -> list[DeadLetter]:
    """Return the letters that the tick is to publish again at `now`, oldest first.

    Those that the world is at fault for, at most `attempts` times each, 1, 2, 4 ... minutes after
    their newest failure.
    """
    of_the_world = {"status": OPEN, "cause": Cause.WORLD.value}
    waits = [
        of_the_world | {"redrives": done, "dead_lettered_at": {"$lte": now - FIRST_WAIT * 2**done}}
        for done in range(attempts)
    ]
    if not waits:
        return []
    async with database_errors(Reason.READ_DEAD_LETTERS):
        cursor = database[DEAD_LETTERS].find({"$or": waits}, sort=_OLDEST_FIRST, limit=limit)
        return [_letter(found) for found in await cursor.to_list()]


async def requested_letters(database: Database, limit: int) -> list[DeadLetter]:
    """Return the open letters that operators want published again, the first request first."""
    wanted = {"status": OPEN, "redrive_requested.at": {"$gt": EPOCH}}
    async with database_errors(Reason.READ_DEAD_LETTERS):
        cursor = database[DEAD_LETTERS].find(wanted, sort=_FIRST_REQUEST_FIRST, limit=limit)
        return [_letter(found) for found in await cursor.to_list()]


async def claim(database: Database, letter: DeadLetter) -> bool:
    """Count a redrive by the tick before it is made; return False if another process was first."""
    return await _update_as_read(database, letter, {"$inc": {"redrives": 1}})


async def mark_redriven(database: Database, letter: DeadLetter, now: datetime) -> bool:
    """Mark that the letter was published again; return False if it arrived again since."""
    marks = {"status": REDRIVEN, "redriven_at": now}
    over = {"redrive_error": "", "redrive_requested": ""}
    return await _update_as_read(database, letter, {"$set": marks, "$unset": over})


async def note_refused(database: Database, letter: DeadLetter, why: str) -> None:
    """Store why the letter cannot be published; it stays open, and no request for it is left."""
    told = {"$set": {"redrive_error": why}, "$unset": {"redrive_requested": ""}}
    await _update_as_read(database, letter, told)


async def _update_as_read(database: Database, letter: DeadLetter, update: Document) -> bool:
    matching: Document = {"_id": letter.letter_id, "status": OPEN, "arrivals": letter.arrivals}
    if "$inc" in update:
        matching["redrives"] = letter.redrives
    async with database_errors(Reason.MARK_REDRIVEN):
        result = await database[DEAD_LETTERS].update_one(matching, update)
    return result.matched_count == 1


def _letter(found: Mapping[str, Any]) -> DeadLetter:
    event = CloudEvent(found["attributes"], found.get("content_type"), bytes(found["data"]))
    return DeadLetter(
        found["_id"],
        found["stage"],
        found["reason"],
        event,
        found.get("arrivals"),
        found.get("redrives", 0),
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
