"""What Prometheus' API reads: which sensors and devices there are, and windows of several.

Sensors are found by skipping through an index, one step for each, whatever the history; windows by
one range of the index for each device and sensor.
"""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from shared.alerts.status import OPEN
from shared.mongo.collections import ALERT_RULES, ALERTS, DEVICES, HOURS, SILENCES, VIEWS, Document
from shared.mongo.database import Database

_BATCH: Final = 20_000
MOST: Final = 2_000  # alerts, or silences, in one answer
_INDEX: Final = (("device_id", 1), ("sensor_type", 1), ("timestamp", -1))


async def sensors(database: Database, device_id: str | None = None) -> Sequence[str]:
    """Return the names of all sensors, or of those of a device, in order."""
    wanted = {} if device_id is None else {"device_id": device_id}
    return sorted(await database[VIEWS].distinct("sensor_type", wanted))


async def devices(database: Database, device_id: str | None, after: str) -> Sequence[str]:
    """Return some of the devices after this one, in order; of a given one itself if it is there."""
    wanted: Document = {"_id": {"$gt": after} if device_id is None else device_id}
    found = database[DEVICES].find(wanted, {"_id": 1}, sort=[("_id", 1)], limit=_BATCH)
    return [one["_id"] for one in await found.to_list()]


async def windows(
    database: Database,
    sources: tuple[Sequence[str], Sequence[str]],
    span: tuple[datetime, datetime],
    window_seconds: int,
    fields: Collection[str],
) -> AsyncIterator[Document]:
    """Yield the windows of these devices and sensors that begin in the span, both ends included.

    `at` is the begin in milliseconds. Those of one device and sensor are in order of time.
    """
    wanted = _wanted(sources, {"$gte": span[0], "$lte": span[1]}, window_seconds)
    async for window in _found(database, VIEWS, wanted, fields):
        yield window


async def hours(
    database: Database,
    sources: tuple[Sequence[str], Sequence[str]],
    span: tuple[datetime, datetime],
    window_seconds: int,
    fields: Collection[str],
) -> AsyncIterator[Document]:
    """Yield the hours of these devices and sensors that begin in the span, but not at its end.

    `at` is the begin in milliseconds; `windows` has lists side by side, of slots and of each field.
    """
    wanted = _wanted(sources, {"$gte": span[0], "$lt": span[1]}, window_seconds)
    shown = [f"windows.{name}" for name in ("slot", *fields)]
    async for hour in _found(database, HOURS, wanted, shown):
        yield hour


def _wanted(
    sources: tuple[Sequence[str], Sequence[str]], span: Document, window_seconds: int
) -> Document:
    device_ids, sensor_types = sources
    return {
        "device_id": {"$in": list(device_ids)},
        "sensor_type": {"$in": list(sensor_types)},
        "timestamp": span,
        "window_seconds": window_seconds,
    }


async def _found(
    database: Database, collection: str, wanted: Document, fields: Iterable[str]
) -> AsyncIterator[Document]:
    shown: dict[str, Any] = dict.fromkeys(fields, 1)
    shown |= {"_id": 0, "device_id": 1, "sensor_type": 1, "at": {"$toLong": "$timestamp"}}
    backwards = [(name, -direction) for name, direction in _INDEX]
    found = database[collection].find(
        wanted, shown, batch_size=_BATCH, hint=dict(_INDEX), sort=backwards
    )
    async for one in found:
        yield one


async def alerts(database: Database, span: tuple[datetime, datetime]) -> Sequence[Document]:
    """Return the alerts that were firing in the span, those that end last first."""
    wanted = {"until": {"$gte": span[0]}, "fired": {"$lte": span[1]}, "retracted_reason": None}
    found = database[ALERTS].find(wanted, sort=[("until", -1)], limit=MOST, hint=[("until", 1)])
    return await found.to_list()


async def open_alerts(database: Database) -> Sequence[Document]:
    """Return the alerts that are open, the newest first."""
    wanted = {"status": {"$in": sorted(OPEN)}}
    found = database[ALERTS].find(wanted, sort=[("created_at", -1)], limit=MOST)
    return await found.to_list()


async def rule_revisions(database: Database) -> Sequence[Document]:
    """Return all that was published as rules."""
    return await database[ALERT_RULES].find({"_id": {"$type": "number"}}).to_list()


async def silences(database: Database) -> Sequence[Document]:
    """Return the silences, those that end last first."""
    return await database[SILENCES].find({}, sort=[("to", -1)], limit=MOST).to_list()


async def silences_in_force(database: Database, now: datetime) -> Sequence[Document]:
    """Return the silences that are not over."""
    return await database[SILENCES].find({"to": {"$gt": now}}, limit=MOST).to_list()


async def silence(database: Database, silence_id: str) -> Document | None:
    """Return one silence."""
    return await database[SILENCES].find_one({"_id": silence_id})
