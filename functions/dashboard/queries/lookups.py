"""What is known beside the lists: counts, the horizon, which devices exist, a reading's fate.

Each lookup reads one stored document, or finds it by an index made for it.
"""

import asyncio
from datetime import datetime
from typing import Final

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
from shared.readings.identity import EPOCH, TIME_LENGTH

_COUNTED: Final = {
    "telemetry_records": RAW,
    "aggregated_records": VIEWS,
    "alerts": ALERTS,
    "devices": DEVICES,
    "dead_letters": DEAD_LETTERS,
}


async def counts(database: Database) -> dict[str, int]:
    """Return how many documents each collection has, by its metadata: nothing is counted."""
    found = (database[name].estimated_document_count() for name in _COUNTED.values())
    return dict(zip(_COUNTED, await asyncio.gather(*found), strict=True))


async def horizon(database: Database, window_seconds: int) -> datetime | None:
    """Return the time up to which windows are settled; None before the first refresh."""
    state = await database[REFRESH].find_one({"_id": f"refresh/{window_seconds}s"}, {"horizon": 1})
    return None if state is None or state["horizon"] == EPOCH else state["horizon"]


async def is_late_window(
    database: Database, window_seconds: int, start: datetime, device_id: str
) -> bool:
    """Return whether a late reading of the device waits to be counted in the window at `start`."""
    window = {"window_start": start, "device_ids": device_id}
    noted = {"windows": {"$elemMatch": window}, "window_seconds": window_seconds}
    return await database[NOTES].find_one(noted, {"_id": 1}) is not None


async def is_known(database: Database, device_id: str) -> bool:
    """Return whether a reading of this device has been seen."""
    return await database[DEVICES].find_one({"_id": device_id}, {"_id": 1}) is not None


async def stored_reading(database: Database, reading_id: str) -> Document | None:
    """Return the reading of this id, or that of which it is a retry without a time of its own."""
    found = await database[RAW].find_one({"_id": reading_id})
    if found is not None:
        return found
    return await database[RAW].find_one({"dedup": reading_id[TIME_LENGTH:]})


async def newest_dead_letter(database: Database, reading_id: str) -> Document | None:
    """Return the newest dead letter that holds this reading."""
    fields = {"dead_lettered_at": 1, "reason": 1, "status": 1}
    found = database[DEAD_LETTERS].find({"reading_ids": reading_id}, fields)
    letters = await found.to_list()
    return max(letters, key=lambda letter: letter["dead_lettered_at"], default=None)
