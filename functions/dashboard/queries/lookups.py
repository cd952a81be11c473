"""What is known beside the lists? Counts, the horizon, which devices exist, a reading's fate.

The routes call it. Each answer is one kept document or one look into a unique index.
"""

import asyncio
from datetime import datetime

from shared.mongo.collections import (
    ALERTS,
    DEAD_LETTERS,
    DEVICES,
    NOTES,
    RAW,
    REFRESH,
    VIEWS,
    Document,
)
from shared.mongo.database import Database
from shared.readings.identity import EPOCH

_COUNTED = {
    "telemetry_records": RAW,
    "aggregated_records": VIEWS,
    "alerts": ALERTS,
    "devices": DEVICES,
    "dead_letters": DEAD_LETTERS,
}
_DIGEST_LENGTH = 32


async def counts(database: Database) -> dict[str, int]:
    """Give how many documents each collection has, from its metadata: nothing is counted."""
    asked = (database[name].estimated_document_count() for name in _COUNTED.values())
    return dict(zip(_COUNTED, await asyncio.gather(*asked), strict=True))


async def horizon(database: Database, window_seconds: int) -> datetime | None:
    """Give the time up to which windows are settled; None before the first refresh."""
    state = await database[REFRESH].find_one({"_id": f"refresh/{window_seconds}s"}, {"horizon": 1})
    return None if state is None or state["horizon"] == EPOCH else state["horizon"]


async def is_noted(
    database: Database, window_seconds: int, start: datetime, device_id: str
) -> bool:
    """Say whether a late reading of this device waits to be counted in the window from `start`."""
    window = {"window_start": start, "device_ids": device_id}
    noted = {"windows": {"$elemMatch": window}, "window_seconds": window_seconds}
    return await database[NOTES].find_one(noted, {"_id": 1}) is not None


async def is_known(database: Database, device_id: str) -> bool:
    return await database[DEVICES].find_one({"_id": device_id}, {"_id": 1}) is not None


async def stored_reading(database: Database, reading_id: str) -> Document | None:
    """Give the reading of this id, or that of which it is a retry without a time of its own."""
    found = await database[RAW].find_one({"_id": reading_id})
    if found is not None:
        return found
    digest = reading_id[-_DIGEST_LENGTH:]
    return await database[RAW].find_one({"dedup": digest})


async def dead_letter_of(database: Database, reading_id: str) -> Document | None:
    """Give the newest dead letter that holds this reading."""
    fields = {"dead_lettered_at": 1, "reason": 1, "status": 1}
    found = database[DEAD_LETTERS].find({"reading_ids": reading_id}, fields)
    letters = await found.to_list()
    return max(letters, key=lambda letter: letter["dead_lettered_at"], default=None)
