"""Stores the rows of the outbox: each once, claimed by one sender at a time for a while.

A row that is claimed is due again after the lease: a sender that dies between sending and marking
leaves a row that is sent again, under the same id.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from pymongo.errors import BulkWriteError

from functions.alert.notify.rows import Status
from shared.mongo.collections import ALERTS, OUTBOX, SILENCES, Document
from shared.mongo.database import Database, Session
from shared.mongo.errors import database_errors, duplicates_in
from shared.outcomes import Reason, TemporaryError

LEASE: Final = timedelta(minutes=1)  # above the client's limit for one attempt
_MOST_SILENCES: Final = 1_000
_THREAD: Final = ("kind", "status", "order", "next_attempt", "attempts", "digest", "delivered_at")


async def insert(database: Database, session: Session, rows: Sequence[Document]) -> int:
    """Insert the rows that are not there yet; return how many were inserted.

    Whoever commits after this in the same session has every row enqueued for good. Raise
    TemporaryError where the database fails or does not confirm; doing it again completes it.
    """
    unique = {row["_id"]: row for row in rows}
    if not unique:
        return 0
    async with database_errors(Reason.ENQUEUE_NOTICES):
        there = await _there(database, session, unique)
        missing = [row for row_id, row in unique.items() if row_id not in there]
        refused: set[str] = set()
        try:
            if missing:
                await database[OUTBOX].insert_many(missing, ordered=False, session=session)
        except BulkWriteError as error:
            refused = {missing[index]["_id"] for index in duplicates_in(error)}
        # A duplicate key says that somebody wrote it, not that a majority holds it: look again.
        unconfirmed = refused - await _there(database, session, refused)
    if unconfirmed:
        raise TemporaryError(
            Reason.ENQUEUE_NOTICES, f"{len(unconfirmed)} notices are not confirmed by a majority"
        )
    return len(missing) - len(refused)


async def _there(database: Database, session: Session, row_ids: Collection[str]) -> set[str]:
    if not row_ids:
        return set()
    wanted = {"_id": {"$in": sorted(row_ids)}}
    cursor = database[OUTBOX].find(wanted, {"_id": 1}, session=session)
    return {found["_id"] for found in await cursor.to_list()}


async def due_rows(
    database: Database, now: datetime, targets: Collection[str], limit: int
) -> Sequence[Document]:
    """Return rows that are due for these targets, the longest due first."""
    wanted = {
        "status": Status.WAITING.value,
        "next_attempt": {"$lte": now},
        "target": {"$in": sorted(targets)},
    }
    async with database_errors(Reason.SEND_NOTICES):
        cursor = database[OUTBOX].find(wanted, sort=[("next_attempt", 1)], limit=limit)
        return await cursor.to_list()


async def claim(database: Database, row: Document, now: datetime) -> bool:
    """Take the row as it was read for the length of the lease; False where another has it."""
    as_read = {
        "_id": row["_id"],
        "status": Status.WAITING.value,
        "attempts": row["attempts"],
        "next_attempt": row["next_attempt"],
    }
    taken = {"$set": {"next_attempt": now + LEASE}, "$inc": {"attempts": 1}}
    async with database_errors(Reason.SEND_NOTICES):
        return (await database[OUTBOX].update_one(as_read, taken)).matched_count == 1


async def give_back(
    database: Database, row: Document, due: datetime, *, counted: bool, error: str = ""
) -> None:
    """Have the row, which was claimed, wait until `due`; `counted` as an attempt or not."""
    fields: Document = {"next_attempt": due}
    if not counted:
        fields["attempts"] = row["attempts"]
    if error:
        fields["last_error"] = error
    await _update_claimed(database, row, fields)


async def settle(database: Database, row: Document, status: Status, fields: Document) -> None:
    """Set the row, which was claimed, to another status, with these fields."""
    await _update_claimed(database, row, {"status": status.value, **fields})


async def mark_delivered(database: Database, row: Document, fields: Document) -> None:
    """Mark the row delivered, whoever has claimed it since: it was.

    Without `expire_at` in the fields it is kept, also where an end before it let it go.
    """
    gone = [name for name in ("last_error", "expire_at") if name not in fields]
    async with database_errors(Reason.SEND_NOTICES):
        await database[OUTBOX].update_one(
            {"_id": row["_id"]},
            {
                "$set": {"status": Status.DELIVERED.value, **fields},
                "$unset": dict.fromkeys(gone, ""),
            },
        )


async def others_of(database: Database, row: Document) -> Sequence[Document]:
    """Return what a decision needs of the other rows of the row's alert and target, in order."""
    wanted = {"target": row["target"], "uid": row["uid"], "_id": {"$ne": row["_id"]}}
    async with database_errors(Reason.SEND_NOTICES):
        cursor = database[OUTBOX].find(
            wanted, dict.fromkeys(_THREAD, 1), sort=[("order", 1), ("_id", 1)]
        )
        return await cursor.to_list()


async def update_others(database: Database, row: Document, update: Document) -> None:
    """Update all other rows of the row's alert and target."""
    wanted = {"target": row["target"], "uid": row["uid"], "_id": {"$ne": row["_id"]}}
    async with database_errors(Reason.SEND_NOTICES):
        await database[OUTBOX].update_many(wanted, update)


async def drop_held(database: Database, row: Document, fields: Document) -> None:
    """Suppress what a silence keeps back of the row's alert and target: the row is newer."""
    wanted = {
        "target": row["target"],
        "uid": row["uid"],
        "status": Status.SILENCED.value,
        "_id": {"$ne": row["_id"]},
    }
    async with database_errors(Reason.SEND_NOTICES):
        await database[OUTBOX].update_many(
            wanted, {"$set": {"status": Status.SUPPRESSED.value, **fields}}
        )


async def alert_of(database: Database, uid: str) -> Document | None:
    """Return the alert as it is stored now."""
    async with database_errors(Reason.SEND_NOTICES):
        return await database[ALERTS].find_one({"_id": uid})


async def silences_in_force(database: Database, now: datetime) -> Sequence[Document]:
    """Return the silences that hold at `now`."""
    wanted = {"to": {"$gt": now}, "from": {"$lte": now}}
    async with database_errors(Reason.SEND_NOTICES):
        return await database[SILENCES].find(wanted, limit=_MOST_SILENCES).to_list()


async def _update_claimed(database: Database, row: Document, fields: Document) -> None:
    """Update the row unless its lease was over and another sender has claimed it since."""
    claimed = {
        "_id": row["_id"],
        "status": Status.WAITING.value,
        "attempts": row["attempts"] + 1,
    }
    async with database_errors(Reason.SEND_NOTICES):
        await database[OUTBOX].update_one(claimed, {"$set": fields})
