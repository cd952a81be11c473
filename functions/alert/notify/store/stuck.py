"""Reads the notices that are stuck, and sets what becomes of them."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Final

from functions.alert.notify.rows import KEPT, Status
from shared.mongo.collections import OUTBOX, TARGETS, Document
from shared.mongo.database import Database
from shared.mongo.errors import database_errors
from shared.outcomes import Reason

_BATCH: Final = 100


async def stuck_rows(
    database: Database, target: str | None, limit: int | None
) -> AsyncGenerator[Document]:
    """Yield the rows that are stuck, of one target or of all, the oldest first."""
    wanted: Document = {"status": Status.STUCK.value}
    if target is not None:
        wanted["target"] = target
    async with database_errors(Reason.SEND_NOTICES):
        cursor = database[OUTBOX].find(
            wanted, sort=[("next_attempt", 1)], limit=limit or 0, batch_size=_BATCH
        )
        async with cursor:
            async for found in cursor:
                yield found


async def send_again(database: Database, row: Document, now: datetime) -> None:
    """Have a stuck row wait as if it were new, and switch its target on if it is off."""
    waiting = {
        "status": Status.WAITING.value,
        "attempts": 0,
        "next_attempt": now,
        "due_since": now,
        "was_silenced": True,  # it is late: what is over by now is not told to have opened
    }
    update: Document = {"$set": waiting, "$unset": {"digest": "", "digested_at": ""}}
    async with database_errors(Reason.SEND_NOTICES):
        await database[TARGETS].delete_one({"_id": row["target"]})
        await database[OUTBOX].update_one(_as_stuck(row), update)


async def drop(database: Database, row: Document, now: datetime) -> None:
    """Suppress a stuck row: nobody needs it any more."""
    dropped = {
        "status": Status.SUPPRESSED.value,
        "last_error": "dropped by hand",
        "expire_at": now + KEPT,
    }
    async with database_errors(Reason.SEND_NOTICES):
        await database[OUTBOX].update_one(_as_stuck(row), {"$set": dropped})


def _as_stuck(row: Document) -> Document:
    return {"_id": row["_id"], "status": Status.STUCK.value}
