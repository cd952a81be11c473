"""Summaries of one sensor of one device over a range of time, brought together by the database.

One query for a series, by the index on device, sensor and time.
"""

from datetime import datetime, timedelta
from typing import Final

from functions.dashboard.queries.indexed_lists import aggregates
from functions.dashboard.series.grid import Grid
from functions.dashboard.series.partials import Partial, exact_sum
from shared.mongo.collections import VIEWS, Document
from shared.mongo.database import Database
from shared.readings.identity import EPOCH

_MILLISECOND: Final = timedelta(milliseconds=1)


async def partials_of(
    database: Database, device_id: str, sensor_type: str, grid: Grid, window_seconds: int
) -> list[Partial]:
    """Return what the windows of this width give for each step of the grid that has any.

    The database sends the windows' sums as they are, since its own sum would be rounded by the
    order in which they come.
    """
    source = {"device_id": device_id, "sensor_type": sensor_type}
    index = aggregates(source).index
    assert index is not None
    span = {"$gte": grid.start, "$lt": grid.end}
    wanted = {**source, "timestamp": span, "window_seconds": window_seconds}
    found = await database[VIEWS].aggregate(
        [{"$match": wanted}, {"$group": _grouped(grid.step)}],
        hint=dict(index),
        batchSize=grid.points + 1,  # all in the first response, and known to be all
    )
    partials = [_partial(row) async for row in found]
    return sorted(partials, key=lambda one: one.start)


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
