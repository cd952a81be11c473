"""Summaries of one sensor of one device over a range of time.

Steps of whole hours are of the hours that are made, and of the windows before and after these; what
the two give is the same to the last digit. Finer steps are of windows, brought together by the
database. One query for a series each, by the index on device, sensor and time.
"""

from datetime import datetime, timedelta
from typing import Final

from functions.dashboard.queries.indexed_lists import aggregates
from functions.dashboard.series.grid import Grid, whole_hours
from functions.dashboard.series.partials import Partial, downsampled
from shared.exact_sum import exact_sum
from shared.mongo.collections import HOURS, VIEWS, Document
from shared.mongo.database import Database
from shared.readings.identity import EPOCH

Source = tuple[str, str]  # device and sensor
_BATCH: Final = 10_000
_MILLISECOND: Final = timedelta(milliseconds=1)


async def partials_of(
    database: Database, source: Source, grid: Grid, window_seconds: int, made: datetime
) -> list[Partial]:
    """Return what the windows of this width give for each step of the grid that has any.

    `made`: the time up to which there are hours.
    """
    whole = whole_hours(grid, made)
    if whole is None:
        return await _of_windows(database, source, grid, window_seconds)
    start, end = whole
    found = await _of_hours(database, source, whole, window_seconds)
    for first, last in ((grid.start, start), (end, grid.end)):
        if first < last:
            rest = Grid(first, last, grid.step)
            found += await _of_windows(database, source, rest, window_seconds)
    return downsampled(found, grid.step)


async def _of_hours(
    database: Database, source: Source, whole: tuple[datetime, datetime], window_seconds: int
) -> list[Partial]:
    wanted = _wanted(source, *whole, window_seconds)
    shown = dict.fromkeys(("timestamp", "count", "min", "max", "total"), 1) | {"_id": 0}
    hours = database[HOURS].find(wanted, shown, hint=_index(source), batch_size=_BATCH)
    return [
        Partial(hour["timestamp"], hour["count"], hour["min"], hour["max"], tuple(hour["total"]))
        async for hour in hours
    ]


async def _of_windows(
    database: Database, source: Source, grid: Grid, window_seconds: int
) -> list[Partial]:
    # The sums come as they are: that of the database would be rounded by their order.
    found = await database[VIEWS].aggregate(
        [
            {"$match": _wanted(source, grid.start, grid.end, window_seconds)},
            {"$group": _grouped(grid.step)},
        ],
        hint=_index(source),
        batchSize=grid.points + 2,  # all in the first response, and known to be all
    )
    partials = [_partial(row) async for row in found]
    return sorted(partials, key=lambda one: one.start)


def _wanted(source: Source, start: datetime, end: datetime, window_seconds: int) -> Document:
    device_id, sensor_type = source
    return {
        "device_id": device_id,
        "sensor_type": sensor_type,
        "timestamp": {"$gte": start, "$lt": end},
        "window_seconds": window_seconds,
    }


def _index(source: Source) -> Document:
    device_id, sensor_type = source
    index = aggregates({"device_id": device_id, "sensor_type": sensor_type}).index
    assert index is not None
    return dict(index)


def _grouped(step: timedelta) -> Document:
    at = {"$toLong": "$timestamp"}
    return {
        "_id": {"$subtract": [at, {"$mod": [at, step // _MILLISECOND]}]},
        "count": {"$sum": "$count"},
        "min": {"$min": "$min"},
        "max": {"$max": "$max"},
        "sums": {"$push": "$sum"},
    }


def _partial(row: Document) -> Partial:
    start: datetime = EPOCH + row["_id"] * _MILLISECOND
    return Partial(start, row["count"], row["min"], row["max"], exact_sum(row["sums"]))
