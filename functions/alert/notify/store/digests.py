"""Stores digests: one row that tells of many alerts of a rule, at most one in five minutes.

Members say which digest tells of them. One that joins while the digest is being sent, and is not
told by it, is found by the tick (`strays`) and goes on to the next.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from pymongo.errors import DuplicateKeyError

from functions.alert.notify.notices import CLOSING, OPENING, notice_id_of
from functions.alert.notify.rows import KEPT, Status, row_id_of
from functions.alert.notify.store.outbox import settle
from shared.mongo.collections import OUTBOX, Document
from shared.mongo.database import Database
from shared.mongo.errors import database_errors
from shared.outcomes import Reason
from shared.readings.identity import EPOCH

STORM_DEVICES: Final = 20  # more of them at once are a storm
WITHIN: Final = timedelta(minutes=5)
MOST_MEMBERS: Final = 500  # that one digest tells of; the others come in the next
_LOOK: Final = 200
_TRIES: Final = 2


async def is_storm(database: Database, target: str, rule_id: str, now: datetime) -> bool:
    """Return whether the rule opened for over 20 devices in 5 minutes, as this target is told."""
    of_rule: Document = {"target": target, "rule_id": rule_id, "kind": "opened"}
    recent = of_rule | {"due_since": {"$gt": now - WITHIN}}
    waiting = of_rule | {"status": Status.WAITING.value}
    devices: set[str] = set()
    async with database_errors(Reason.SEND_NOTICES):
        for wanted in (recent, waiting):
            cursor = database[OUTBOX].find(wanted, {"device_id": 1}, limit=_LOOK)
            devices.update(found["device_id"] for found in await cursor.to_list())
    return len(devices) > STORM_DEVICES


async def join(database: Database, row: Document, now: datetime, *, at_once: bool) -> str | None:
    """Have the row, which was claimed, told by a digest; return the digest's id.

    `at_once`: the digest is due now, else at the end of these five minutes. Where the digest of
    these five minutes is sent already, the row goes to the next. None where that is too.
    """
    slot = int((now - EPOCH) / WITHIN)
    ends = EPOCH + (slot + 1) * WITHIN
    for number, due in ((slot, now if at_once else ends), (slot + 1, ends)):
        digest_id = await _digest(database, row, number, now, due)
        if digest_id is not None:
            fields = {"digest": digest_id, "digested_at": now}
            await settle(database, row, Status.DIGESTED, fields)
            return digest_id
    return None


async def members_of(database: Database, digest: Document) -> tuple[Sequence[Document], int]:
    """Return the rows that the digest is to tell of, at most 500, and how many there are in all."""
    wanted = {"digest": digest["_id"], "status": Status.DIGESTED.value}
    async with database_errors(Reason.SEND_NOTICES):
        cursor = database[OUTBOX].find(wanted, sort=[("_id", 1)], limit=MOST_MEMBERS)
        members = await cursor.to_list()
        return members, await database[OUTBOX].count_documents(wanted)


async def mark_told(
    database: Database, digest: Document, members: Sequence[Document], now: datetime
) -> None:
    """Mark the members that the digest told of, and let go what is over by that."""
    told: Document = {"status": Status.DELIVERED.value, "delivered_at": now, "sent_as": "digest"}
    ids = [one["_id"] for one in members]
    over = [one for one in members if one["kind"] not in OPENING]
    closed = [one["uid"] for one in members if one["kind"] in CLOSING]
    expire: Document = {"$set": {"expire_at": now + KEPT}, "$unset": {"repeat_at": ""}}
    of_closed = {"target": digest["target"], "uid": {"$in": closed}}
    outbox = database[OUTBOX]
    async with database_errors(Reason.SEND_NOTICES):
        if ids:
            await outbox.update_many({"_id": {"$in": ids}}, {"$set": told})
        if over:
            await outbox.update_many({"_id": {"$in": [one["_id"] for one in over]}}, expire)
        if closed:
            await outbox.update_many(of_closed, expire)


async def mark_stuck(database: Database, members: Sequence[Document], reason: str) -> None:
    """Mark that the members' digest is stuck, and they with it."""
    fields = {"status": Status.STUCK.value, "last_error": reason}
    wanted = {"_id": {"$in": [one["_id"] for one in members]}}
    if members:
        async with database_errors(Reason.SEND_NOTICES):
            await database[OUTBOX].update_many(wanted, {"$set": fields})


async def release_strays(database: Database, now: datetime) -> None:
    """Have those wait again that their digest, which was sent, did not tell of."""
    digested = {"status": Status.DIGESTED.value, "digested_at": {"$lt": now - 2 * WITHIN}}
    outbox = database[OUTBOX]
    async with database_errors(Reason.SEND_NOTICES):
        found = await outbox.find(digested, {"digest": 1}, limit=_LOOK).to_list()
        digests = {row["digest"] for row in found}
        if not digests:
            return
        of_them = {"_id": {"$in": sorted(digests)}, "status": Status.WAITING.value}
        waiting = {row["_id"] for row in await outbox.find(of_them, {"_id": 1}).to_list()}
        await outbox.update_many(
            digested | {"digest": {"$in": sorted(digests - waiting)}},
            {
                "$set": {"status": Status.WAITING.value, "next_attempt": now},
                "$unset": {"digest": "", "digested_at": ""},
            },
        )


async def _digest(
    database: Database, row: Document, slot: int, now: datetime, due: datetime
) -> str | None:
    """Return the id of the digest of this slot, made where it is not there; None once claimed."""
    about = f"digest/{row['rule_id']}"
    notice_id = notice_id_of(about, "digest", "", str(slot))
    digest_id = row_id_of(notice_id, row["target"])
    made = {
        "notice_id": notice_id,
        "target": row["target"],
        "uid": about,
        "kind": "digest",
        "level": "",
        "order": slot,
        "device_id": None,
        "rule_id": row["rule_id"],
        "alert": {"rule_id": row["rule_id"]},
        "enqueued_at": now,
        "due_since": now,
    }
    unclaimed = {"_id": digest_id, "status": Status.WAITING.value, "attempts": 0}
    update = {"$setOnInsert": made, "$min": {"next_attempt": due}}
    async with database_errors(Reason.SEND_NOTICES):
        for _ in range(_TRIES):
            try:
                await database[OUTBOX].update_one(unclaimed, update, upsert=True)
            except DuplicateKeyError:  # it is being sent or was, or somebody made it just now
                continue
            return digest_id
    return None
