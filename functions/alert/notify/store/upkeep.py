"""What a tick finds in the outbox beside what is due: ended silences, repeats, what is stuck."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

from functions.alert.notify.rows import Status
from functions.alert.notify.store.outbox import LEASE
from shared.mongo.collections import OUTBOX, Document
from shared.mongo.database import Database
from shared.mongo.errors import database_errors
from shared.outcomes import Reason

_MOST_COUNTED = 10_000
_MOST_REPEATS = 200


async def release_silenced(database: Database, in_force: Collection[object], now: datetime) -> None:
    """Have those wait again whose silence is not among those in force: it ended, or was ended."""
    silenced: Document = {"status": Status.SILENCED.value}
    async with database_errors(Reason.SEND_NOTICES):
        keeping = await database[OUTBOX].distinct("silenced_by", {"silenced_by": {"$exists": True}})
        over = [one for one in keeping if one not in in_force]
        if over:
            await database[OUTBOX].update_many(
                silenced | {"silenced_by": {"$in": over}},
                {
                    "$set": {
                        "status": Status.WAITING.value,
                        "next_attempt": now,
                        "due_since": now,
                        "was_silenced": True,
                    },
                    "$unset": {"silenced_by": ""},
                },
            )


async def give_up_others(
    database: Database, targets: Collection[str], before: datetime, reason: str
) -> None:
    """Set to stuck what was due `before` for targets that are no longer configured."""
    wanted = {
        "status": Status.WAITING.value,
        "next_attempt": {"$lt": before},
        "target": {"$nin": sorted(targets)},
    }
    async with database_errors(Reason.SEND_NOTICES):
        await database[OUTBOX].update_many(
            wanted, {"$set": {"status": Status.STUCK.value, "last_error": reason}}
        )


async def take_repeats(
    database: Database, targets: Collection[str], now: datetime
) -> Sequence[Document]:
    """Return the rows that are to be repeated now, each kept from others for the lease."""
    wanted = {"repeat_at": {"$lte": now}, "target": {"$in": sorted(targets)}}
    taken = []
    async with database_errors(Reason.SEND_NOTICES):
        found = await database[OUTBOX].find(wanted, limit=_MOST_REPEATS).to_list()
        for row in found:
            as_read = {"_id": row["_id"], "repeat_at": row["repeat_at"]}
            update = {"$set": {"repeat_at": now + LEASE}}
            if (await database[OUTBOX].update_one(as_read, update)).matched_count:
                taken.append(row)
    return taken


async def set_repeat(database: Database, row: Document, at: datetime | None) -> None:
    """Have the row repeated at that time, or no more."""
    update = {"$unset": {"repeat_at": ""}} if at is None else {"$set": {"repeat_at": at}}
    async with database_errors(Reason.SEND_NOTICES):
        await database[OUTBOX].update_one({"_id": row["_id"]}, update)


async def count_stuck(database: Database) -> int:
    """Return how many rows are stuck, counted up to 10,000."""
    async with database_errors(Reason.SEND_NOTICES):
        return await database[OUTBOX].count_documents(
            {"status": Status.STUCK.value}, limit=_MOST_COUNTED
        )


async def next_due(
    database: Database, targets: Collection[str], now: datetime, within: timedelta
) -> datetime | None:
    """Return when the next row is due, None where none is within that time."""
    wanted = {
        "status": Status.WAITING.value,
        "next_attempt": {"$lte": now + within},
        "target": {"$in": sorted(targets)},
    }
    async with database_errors(Reason.SEND_NOTICES):
        found = await database[OUTBOX].find_one(
            wanted, {"next_attempt": 1}, sort=[("next_attempt", 1)]
        )
    return None if found is None else found["next_attempt"]


async def database_time(database: Database) -> datetime:
    """Return the database's clock, to the millisecond: what all senders go by."""
    async with database_errors(Reason.SEND_NOTICES):
        hello = await database.command("hello")
    clock: datetime = hello["localTime"]  # commands are not read as the client reads documents
    return clock.replace(tzinfo=UTC)
