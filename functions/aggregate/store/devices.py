"""What is known of each device, in `devices`: its first and last time, its latest reading."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pymongo import UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import BulkWriteError

from functions.aggregate.store.chunks import chunks
from shared.mongo.collections import DEVICES, Document
from shared.mongo.database import Database
from shared.mongo.errors import database_errors, duplicates_in
from shared.outcomes import TemporaryError

_BULK: Final = 500  # encoding them holds the loop
_TRIES: Final = 5
_OPERATION: Final = "refresh"


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """The earliest event time among a device's readings, and the latest of them as it is stored."""

    device_id: str
    first_ts: datetime
    latest: Document


async def widen(
    database: Database, session: AsyncClientSession, facts: Iterable[DeviceFacts]
) -> None:
    """Widen what is stored of these devices; it can never become narrower.

    Raise TemporaryError where the database fails, or others write the same devices all the time.
    """
    for some in chunks([_widened(one) for one in facts], _BULK):
        left: Sequence[UpdateOne] = some
        for _ in range(_TRIES):
            left = await _refused(database, session, left)
            if not left:
                break
        if left:
            raise TemporaryError(_OPERATION, f"{len(left)} devices are being written by others")


async def _refused(
    database: Database, session: AsyncClientSession, updates: Sequence[UpdateOne]
) -> Sequence[UpdateOne]:
    """Return those refused with a duplicate key: two processes inserted the same device at once."""
    async with database_errors(_OPERATION):
        try:
            await database[DEVICES].bulk_write(list(updates), ordered=False, session=session)
        except BulkWriteError as error:
            return [updates[index] for index in duplicates_in(error)]
    return []


def _widened(facts: DeviceFacts) -> UpdateOne:
    # $max compares documents field by field: `_id` is first, and begins with the event time.
    latest = {name: value for name, value in facts.latest.items() if name != "device_id"}
    return UpdateOne(
        {"_id": facts.device_id},
        {
            "$min": {"first_ts": facts.first_ts},
            "$max": {"last_ts": latest["ts"], "latest": latest},
            "$setOnInsert": {"device_id": facts.device_id},
        },
        upsert=True,
    )
