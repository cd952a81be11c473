"""The fleet at a glance: counts by indexes alone, and what waits in the pipeline."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.alerts.status import OPEN
from shared.mongo.collections import (
    ALERTS,
    DEAD_LETTERS,
    DEVICES,
    OUTBOX,
    RAW,
    REFRESH_NOTES,
    Document,
)
from shared.mongo.database import Database

MOST_ALERTS: Final = 20_000  # open ones that are counted
MOST_LETTERS: Final = 50_000
_BY_LAST: Final = [("last_ts", -1), ("_id", 1)]
_OPEN_ALERTS: Final = [("status", 1), ("severity", 1), ("device_id", 1)]
_CAUSES: Final = [
    ("status", 1),
    ("dead_lettered_at", -1),
    ("stage", 1),
    ("reason", 1),
    ("cause", 1),
]


@dataclass(frozen=True, slots=True)
class FleetCounts:
    """How much there is of what."""

    devices: int
    online: int
    newest: datetime | None
    telemetry_records: int
    open_letters: int
    notes_waiting: int
    notices_waiting: int


async def fleet_counts(database: Database, online_since: datetime) -> FleetCounts:
    """Return the counts; online is a device with a reading of this time, or later."""
    devices, online, records, letters, notes, notices = await asyncio.gather(
        database[DEVICES].estimated_document_count(),
        database[DEVICES].count_documents({"last_ts": {"$gte": online_since}}, hint=_BY_LAST),
        database[RAW].estimated_document_count(),
        database[DEAD_LETTERS].count_documents({"status": "open"}, limit=MOST_LETTERS),
        database[REFRESH_NOTES].estimated_document_count(),
        database[OUTBOX].count_documents({"status": "waiting"}, limit=MOST_LETTERS),
    )
    newest = await _newest(database)
    return FleetCounts(devices, online, newest, records, letters, notes, notices)


async def open_alerts(database: Database) -> Sequence[Document]:
    """Return how many alerts are open: `n` for each `device_id`, `severity` and `status`."""
    wanted = {"status": {"$in": sorted(OPEN)}}
    by = {name: f"${name}" for name in ("device_id", "severity", "status")}
    found = await database[ALERTS].aggregate(
        [
            {"$match": wanted},
            {"$limit": MOST_ALERTS},
            {"$group": {"_id": by, "n": {"$sum": 1}}},
        ],
        hint=dict(_OPEN_ALERTS),
    )
    return [{**row["_id"], "n": row["n"]} async for row in found]


async def causes(database: Database) -> Sequence[Document]:
    """Return the open dead letters by stage, reason and cause, the most frequent first."""
    by = {name: f"${name}" for name in ("stage", "reason", "cause")}
    found = await database[DEAD_LETTERS].aggregate(
        [
            {"$match": {"status": "open"}},
            {"$sort": {"dead_lettered_at": -1}},
            {"$limit": MOST_LETTERS},
            {"$project": {"_id": 0, "stage": 1, "reason": 1, "cause": 1, "dead_lettered_at": 1}},
            {
                "$group": {
                    "_id": by,
                    "count": {"$sum": 1},
                    "first_at": {"$min": "$dead_lettered_at"},
                    "last_at": {"$max": "$dead_lettered_at"},
                }
            },
            {"$sort": {"count": -1, "last_at": -1}},
        ],
        hint=dict(_CAUSES),
    )
    return [{**row, **row["_id"]} async for row in found]


async def _newest(database: Database) -> datetime | None:
    found = database[DEVICES].find({}, {"_id": 0, "last_ts": 1}, sort=_BY_LAST, limit=1)
    rows = await found.hint(_BY_LAST).to_list()
    return rows[0]["last_ts"] if rows else None
