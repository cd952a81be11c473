"""What is known beside the lists: counts, the horizon, which devices exist, a reading's fate.

Each lookup reads one stored document, or finds it by an index made for it.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Final

from shared.mongo.collections import (
    ALERTS,
    DEAD_LETTERS,
    DEVICES,
    RAW,
    REFRESH,
    VIEWS,
    Document,
)
from shared.mongo.database import Database
from shared.readings.identity import EPOCH, TIME_LENGTH
from shared.readings.reading import HUMIDITY, TEMPERATURE

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


async def hours_made_until(database: Database, window_seconds: int) -> datetime:
    """Return the time up to which all hours are made; EPOCH where none is."""
    state = await database[REFRESH].find_one(
        {"_id": f"refresh/{window_seconds}s/hours"}, {"position": 1}
    )
    return EPOCH if state is None else state["position"]


async def counted_sensors(
    database: Database, window_seconds: int, start: datetime, reading: Document
) -> set[str]:
    """Return the sensors whose view of the window counts every reading of the device, this one too.

    A view is of stored readings; so it is of all of them where it counts as many as are stored.
    The view is read first: a reading that is stored meanwhile makes it one too few, not equal.
    Costs a range of the index on device and time: about 2 us for each of the device's readings in
    the window, so a minute's worth is nothing.
    """
    window = {"device_id": reading["device_id"], "timestamp": start}
    fields = {"sensor_type": 1, "count": 1, "window_seconds": 1}
    async with database.client.start_session(causal_consistency=True) as session:
        views = await database[VIEWS].find(window, fields, session=session).to_list()
        counts = {
            view["sensor_type"]: view["count"]
            for view in views
            if view["window_seconds"] == window_seconds
        }
        sensors = [name for name in sensors_of(reading) if name in counts]
        if not sensors:
            return set()
        end = start + timedelta(seconds=window_seconds)
        stored = await database[RAW].aggregate(
            [
                {"$match": {"device_id": reading["device_id"], "ts": {"$gte": start, "$lt": end}}},
                {"$group": {"_id": None, **{name: _having(name) for name in sensors}}},
            ],
            session=session,
        )
        numbers = (await stored.to_list())[0]
    return {name for name in sensors if counts[name] >= numbers[name]}


def sensors_of(reading: Document) -> list[str]:
    """Return the sensors of which a stored reading has a value."""
    named = [name for name in (TEMPERATURE, HUMIDITY) if name in reading]
    return [*named, *reading.get("measurements", {})]


async def is_known(database: Database, device_id: str) -> bool:
    """Return whether a reading of this device has been seen."""
    return await database[DEVICES].find_one({"_id": device_id}, {"_id": 1}) is not None


async def alert_of(database: Database, alert_id: str) -> Document | None:
    """Return the alert of this id, with its history."""
    return await database[ALERTS].find_one({"_id": alert_id})


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


def _having(sensor: str) -> Document:
    """Return the expression that counts the readings with a value of this sensor."""
    field = sensor if sensor in (TEMPERATURE, HUMIDITY) else f"measurements.{sensor}"
    return {"$sum": {"$cond": [{"$eq": [{"$type": f"${field}"}, "missing"]}, 0, 1]}}
