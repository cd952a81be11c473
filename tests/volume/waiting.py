"""Waiting for what becomes true in the database, and how long it took."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from pymongo.database import Database

Documents = Database[dict[str, Any]]


async def seconds_until(is_so: Callable[[], bool], limit_s: float, every_s: float = 0.2) -> float:
    """Return the seconds until `is_so` returns true, `limit_s` where it does not."""
    began = time.monotonic()
    while time.monotonic() - began < limit_s:
        if await asyncio.to_thread(is_so):
            return time.monotonic() - began
        await asyncio.sleep(every_s)
    return limit_s


def views_between(database: Documents, start: datetime, end: datetime) -> int:
    """Return how many views there are of windows from `start` to before `end`."""
    return database["aggregated_data"].count_documents({"timestamp": {"$gte": start, "$lt": end}})


def notes_left(database: Documents) -> int:
    """Return how many notes wait, of this version and the one before."""
    names = ("refresh_notes", "late_windows")
    return sum(database[name].estimated_document_count() for name in names)


def horizon_of(database: Documents, width_s: int = 60) -> datetime | None:
    """Return the time up to which windows are settled."""
    state = database["refresh_state"].find_one({"_id": f"refresh/{width_s}s"})
    return None if state is None else state["horizon"]


def is_settled(database: Documents, until: datetime, width_s: int = 60) -> bool:
    """Return whether everything before `until` is counted and no note is left."""
    horizon = horizon_of(database, width_s)
    return horizon is not None and horizon >= until and notes_left(database) == 0


def window_before(moment: datetime, width_s: int = 60) -> datetime:
    """Return the start of the window that `moment` is in."""
    seconds = moment.timestamp() // width_s * width_s
    return datetime.fromtimestamp(seconds, UTC)
