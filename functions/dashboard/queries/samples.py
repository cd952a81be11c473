"""What Prometheus' API reads: which sensors and devices there are, and windows of several.

Sensors are found by skipping through an index, one step for each, whatever the history; windows by
one range of the index for each device and sensor.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import Any, Final

from shared.mongo.collections import ALERTS, DEVICES, VIEWS, Document
from shared.mongo.database import Database

_BATCH: Final = 20_000
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

    `at` is the begin in milliseconds. In order of device, sensor and time.
    """
    device_ids, sensor_types = sources
    wanted = {
        "device_id": {"$in": list(device_ids)},
        "sensor_type": {"$in": list(sensor_types)},
        "timestamp": {"$gte": span[0], "$lte": span[1]},
        "window_seconds": window_seconds,
    }
    shown: dict[str, Any] = dict.fromkeys(fields, 1)
    shown |= {"_id": 0, "device_id": 1, "sensor_type": 1, "at": {"$toLong": "$timestamp"}}
    found = database[VIEWS].find(wanted, shown, batch_size=_BATCH, hint=dict(_INDEX))
    async for window in found:
        yield window


async def alerts(
    database: Database, span: tuple[datetime, datetime], limit: int
) -> Sequence[Document]:
    """Return alerts that were firing in the span, up to `limit`."""
    wanted = {"fired": {"$lte": span[1]}, "until": {"$gte": span[0]}, "retracted_reason": None}
    return await database[ALERTS].find(wanted, limit=limit).to_list()
