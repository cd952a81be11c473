"""A history of readings and their windows, as many as wanted, made by the database itself."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Final

from pymongo import MongoClient
from pymongo.database import Database

from functions.aggregate.hour_summary import key_of, with_views
from shared.mongo.collections import DEVICES, HOURS, RAW, REFRESH, VIEWS, Document
from shared.mongo.indexes import INDEXES
from shared.readings.identity import microseconds_of
from shared.times import rfc3339

END: Final = datetime(2026, 1, 31, 12, tzinfo=UTC)
DEVICES_OF_ALL: Final = 100
INTERVAL: Final = timedelta(seconds=10)
SENSOR: Final = "temperature_c"
YEAR: Final = 365
OF_A_YEAR: Final = "of-a-year"  # a device
_WINDOW: Final = timedelta(minutes=1)
_BATCH: Final = 20_000


def store_history(client: MongoClient[Document], name: str, readings: int) -> None:
    """Store so many readings of 100 devices, one each ten seconds up to END, and their windows."""
    database = client[name]
    times = [END - INTERVAL * (n + 1) for n in range(readings // DEVICES_OF_ALL)]
    _cross(database, RAW, [_moment(ts) for ts in times], _READING)
    starts = sorted({_window_start(ts) for ts in times})
    _cross(database, VIEWS, [_start(at) for at in starts], _WINDOW_VIEW)
    _finish(database, [device_name(n) for n in range(DEVICES_OF_ALL)])


def store_year(client: MongoClient[Document], name: str) -> None:
    """Store the windows of one device over a year up to END, and its hours."""
    database = client[name]
    count = YEAR * 24 * 60
    views = (_view(END - _WINDOW * (count - n), 20 + n % 97 / 8) for n in range(count))
    batch: list[Document] = []
    hours: list[Document] = []
    for key, some in groupby(views, key_of):
        windows = list(some)
        hour = with_views(key, 60, None, windows)
        assert hour is not None
        hours.append(hour)
        batch += windows
        if len(batch) >= _BATCH:
            database[VIEWS].insert_many(batch, ordered=False)
            batch = []
    database[VIEWS].insert_many([*batch, _view(END, 20.0)], ordered=False)
    database[HOURS].insert_many(hours, ordered=False)
    _finish(database, [OF_A_YEAR])


def device_name(number: int) -> str:
    """Return the name of one of the devices."""
    return f"device-{number:03}"


def _cross(
    database: Database[Document], collection: str, rows: Sequence[Document], made: Document
) -> None:
    """Make a document of each row with each device."""
    seed = database[f"seed_{collection}"]
    for first in range(0, len(rows), _BATCH):
        seed.insert_many(rows[first : first + _BATCH])
    devices = [{"name": device_name(n), "rest": f"{n:032x}"} for n in range(DEVICES_OF_ALL)]
    pipeline: list[Document] = [
        {"$set": {"device": devices}},
        {"$unwind": "$device"},
        {"$project": made},
        {"$out": collection},
    ]
    seed.aggregate(pipeline, allowDiskUse=True)
    seed.drop()


_READING: Final[Document] = {
    "_id": {"$concat": ["$prefix", "$device.rest"]},
    "device_id": "$device.name",
    "ts": 1,
    "received_at": "$ts",
    SENSOR: 1,
}
_WINDOW_VIEW: Final[Document] = {
    "_id": {"$concat": ["$device.name", f"/{SENSOR}/60s/", "$text"]},
    "device_id": "$device.name",
    "sensor_type": {"$literal": SENSOR},
    "timestamp": 1,
    "window_seconds": {"$literal": 60},
    **dict.fromkeys(("count", "sum", "min", "max", "average", "p50", "p95"), 1),
}


def _moment(ts: datetime) -> Document:
    us = microseconds_of(ts)
    return {"prefix": f"{us // 1000:012x}", "ts": ts, SENSOR: 20 + us // 10_000_000 % 97 / 8}


def _start(at: datetime) -> Document:
    value = 20 + microseconds_of(at) // 60_000_000 % 97 / 8
    return {"text": rfc3339(at), "timestamp": at, **_numbers(value)}


def _view(start: datetime, value: float) -> Document:
    return {
        "_id": f"{OF_A_YEAR}/{SENSOR}/60s/{rfc3339(start)}",
        "device_id": OF_A_YEAR,
        "sensor_type": SENSOR,
        "timestamp": start,
        "window_seconds": 60,
        **_numbers(value),
    }


def _numbers(value: float) -> Document:
    same = dict.fromkeys(("min", "max", "average", "p50", "p95"), value)
    return {**same, "count": 6, "sum": 6 * value}


def _window_start(ts: datetime) -> datetime:
    return ts - timedelta(seconds=ts.second)


def _finish(database: Database[Document], devices: Sequence[str]) -> None:
    for collection, indexes in INDEXES.items():
        database[collection].create_indexes(indexes)
    database[DEVICES].insert_many(list(_devices(devices)))
    database[REFRESH].insert_many(
        [
            {"_id": "refresh/60s", "horizon": END},
            {"_id": "refresh/60s/hours", "position": END},
        ]
    )


def _devices(names: Sequence[str]) -> Iterator[Document]:
    for name in names:
        latest = {"_id": "0" * 44, "ts": END, SENSOR: 20.0, "measurements": {}}
        yield {"_id": name, "first_ts": END, "last_ts": END, "latest": latest}
