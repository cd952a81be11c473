"""Stores which dead letters operators want published again: the dlq function does, at its tick."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pymongo import ASCENDING

from shared.mongo.collections import DEAD_LETTERS, Document
from shared.mongo.database import Database

OPERATION: Final = "request_redrive"
MOST: Final = 10_000  # letters of one request
_OLDEST_FIRST: Final = [("dead_lettered_at", ASCENDING)]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which open dead letters: those that match all that is not None."""

    stage: str | None
    reason: str | None
    dead_letter_ids: Sequence[str] | None

    @property
    def filter(self) -> Document:
        """The filter of those that are not asked for already."""
        wanted: Document = {"status": "open", "redrive_requested": None}
        if self.stage is not None:
            wanted["stage"] = self.stage
        if self.reason is not None:
            wanted["reason"] = self.reason
        if self.dead_letter_ids is not None:
            wanted["_id"] = {"$in": list(self.dead_letter_ids)}
        return wanted


async def request_redrive(
    database: Database, wanted: Wanted, actor: str, now: datetime
) -> tuple[int, bool]:
    """Ask for the oldest of these letters; return how many, and whether there are more.

    Those that are asked for already stay as they are, and are not counted.
    """
    letters = database[DEAD_LETTERS]
    found = letters.find(wanted.filter, {"_id": 1}, sort=_OLDEST_FIRST, limit=MOST + 1)
    ids = [letter["_id"] for letter in await found.to_list()]
    if not ids:
        return 0, False
    asked = {"_id": {"$in": ids[:MOST]}, "status": "open"}
    mark = {"$set": {"redrive_requested": {"at": now, "actor": actor}}}
    written = await letters.update_many(asked, mark)
    return written.modified_count, len(ids) > MOST
