"""Stores dead letters: each event once, with the newest of its failures.

Each arrival is counted by its record's place in the dead letters' topic. So a record that is
delivered again changes nothing, while a failure after a redrive opens the letter again.
"""

from datetime import datetime
from typing import Final

from bson import Binary
from pymongo.errors import DuplicateKeyError

from functions.dlq.failure_report import FailureReport, letter_id_of, place_of
from shared.mongo.collections import DEAD_LETTERS, Document
from shared.mongo.database import Database
from shared.mongo.errors import database_errors
from shared.outcomes import Reason, TemporaryError
from shared.readings.cloud_event import CloudEvent

OPEN: Final = "open"
REDRIVEN: Final = "redriven"
_MAX_PLACES: Final = 1_000  # of 16 bytes each; that many failures of one event are by hand
_OPTIONAL: Final = ("error_code", "error_data")
_ATTEMPTS: Final = 3


async def keep_dead_letter(
    database: Database, event: CloudEvent, report: FailureReport, now: datetime
) -> bool:
    """Store the event with its failure; return whether it was not there before.

    An event that fails again is open again, with the reason, code and time of the newest failure.
    The place of a record is not in every request: one without it counts as a failure each time.
    Raise TemporaryError where the database fails.
    """
    letter_id, place = letter_id_of(report.stage, event), place_of(event)
    counted = _counted_at(place)
    update = _update(event, report, now, place)
    letters = database[DEAD_LETTERS]
    async with database_errors(Reason.KEEP_DEAD_LETTER):
        for _ in range(_ATTEMPTS):
            try:
                result = await letters.update_one(
                    {"_id": letter_id, "$nor": counted}, update, upsert=True
                )
            except DuplicateKeyError:
                # It is there, and this arrival is counted; or another one made it just now.
                matching = {"_id": letter_id, "$or": counted}
                if await letters.find_one(matching, {"_id": 1}) is not None:
                    return False
            else:
                return result.upserted_id is not None
    raise TemporaryError(Reason.KEEP_DEAD_LETTER, "the letter is not confirmed by a majority yet")


def _counted_at(place: tuple[str, str] | None) -> list[Document]:
    """Return the conditions of which one holds for a letter that counts this arrival."""
    if place is None:
        return [{"_id": None}]  # none does
    partition, offset = place
    attributes = {
        "attributes.knativekafkapartition": partition,
        "attributes.knativekafkaoffset": offset,
    }
    return [{"places": "/".join(place)}, attributes]  # earlier versions kept these alone


def _update(
    event: CloudEvent, report: FailureReport, now: datetime, place: tuple[str, str] | None
) -> Document:
    newest: Document = {
        "status": OPEN,
        "reason": report.reason,
        "cause": report.cause.value,
        "destination": report.destination,
        "dead_lettered_at": now,
        "attributes": dict(event.attributes),
    }
    original: Document = {
        "stage": report.stage,
        "source": event.source,
        "event_id": event.event_id,
        "event_type": event.event_type,
        "first_dead_lettered_at": now,
        "redrives": 0,
        "data": Binary(event.data),
    }
    if event.content_type is not None:
        original["content_type"] = event.content_type
    if report.reading_ids:
        original["reading_ids"] = list(report.reading_ids)
    stated = {name: getattr(report, name) for name in _OPTIONAL}
    newest.update((name, value) for name, value in stated.items() if value is not None)
    gone = [name for name, value in stated.items() if value is None]
    update: Document = {
        "$set": newest,
        "$setOnInsert": original,
        "$inc": {"arrivals": 1},
        "$unset": dict.fromkeys([*gone, "redrive_error", "redrive_requested"], ""),
    }
    if place is not None:
        update["$push"] = {"places": {"$each": ["/".join(place)], "$slice": -_MAX_PLACES}}
    return update
