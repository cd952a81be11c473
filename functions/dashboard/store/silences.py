"""Stores silences: made once, ended once, and kept as the record of who silenced what."""

from datetime import datetime
from typing import Final

from shared.mongo.collections import SILENCES, Document
from shared.mongo.database import Database

OPERATION: Final = "keep_silence"


async def keep_silence(database: Database, silence: Document) -> None:
    """Insert a silence; the driver's retry of the same insertion makes no second one."""
    await database[SILENCES].insert_one(silence)


async def end_silence(
    database: Database, silence_id: str, actor: str, now: datetime
) -> tuple[Document, bool] | None:
    """End a silence at `now`; return it, and whether that changed it. None: there is none.

    One that has not begun ends before it does, so at no time. One that is over stays as it is.
    """
    not_over = {"_id": silence_id, "to": {"$gt": now}}
    ended = {"to": now, "ended": {"at": now, "actor": actor}}
    written = await database[SILENCES].update_one(not_over, {"$set": ended})
    found = await database[SILENCES].find_one({"_id": silence_id})
    return None if found is None else (found, written.modified_count > 0)
