"""Where devices are, in cells of a grid: by one index, however many they are."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.mongo.collections import DEVICES, Document
from shared.mongo.database import Database

MOST_DEVICES: Final = 200_000  # that are looked at
MOST_ALERTING: Final = 5_000
MOST_NAMED: Final = 20  # of a cell's devices, which may all be at one place
_COLUMNS: Final = 12  # of cells, up to twice as many; more, and their circles would overlap
_FINEST_DEGREES: Final = 2.0**-16  # about 2 m
_BY_PLACE: Final = [("position.lat", 1), ("position.lon", 1), ("last_ts", 1), ("_id", 1)]

Cell = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the earth, in degrees; its edges belong to it."""

    west: float
    south: float
    east: float
    north: float

    @property
    def cell_degrees(self) -> float:
        """The width of a cell: a power of two, so that cells stay where they are as one pans."""
        width = max(self.east - self.west, 2 * (self.north - self.south)) / _COLUMNS
        return max(2.0 ** math.floor(math.log2(max(width, _FINEST_DEGREES))), _FINEST_DEGREES)

    @property
    def filter(self) -> Document:
        """The filter of the devices in it."""
        return {
            "position.lat": {"$gte": self.south, "$lte": self.north},
            "position.lon": {"$gte": self.west, "$lte": self.east},
        }


@dataclass(frozen=True, slots=True)
class DeviceMap:
    """The cells with devices, those with most first; `devices` are looked at, `MOST` at most."""

    cells: Sequence[Document]
    devices: int

    @property
    def is_cut(self) -> bool:
        """Whether there may be devices that were not looked at."""
        return self.devices >= MOST_DEVICES


async def device_map(
    database: Database, box: Box, stale_before: datetime, alerting: Sequence[str]
) -> DeviceMap:
    """Return the cells of a box: `lat` and `lon` are the means of their devices' positions.

    `stale` counts devices without a reading since `stale_before`, `alerting` those that are named.
    """
    found = await database[DEVICES].aggregate(
        [
            {"$match": box.filter},
            {"$limit": MOST_DEVICES},
            {"$project": {"lat": "$position.lat", "lon": "$position.lon", "last_ts": 1}},
            {"$group": _grouped(box.cell_degrees, stale_before)},
            {"$sort": {"count": -1, "_id": 1}},
        ],
        hint=dict(_BY_PLACE),
    )
    by_cell = {(row["_id"]["y"], row["_id"]["x"]): row async for row in found}
    for cell, count in (await _alerting_in(database, box, alerting)).items():
        if cell in by_cell:
            by_cell[cell]["alerting"] = count
    cells = list(by_cell.values())
    return DeviceMap(cells, sum(cell["count"] for cell in cells))


def _grouped(degrees: float, stale_before: datetime) -> Document:
    return {
        "_id": {
            "y": {"$floor": {"$divide": ["$lat", degrees]}},
            "x": {"$floor": {"$divide": ["$lon", degrees]}},
        },
        "count": {"$sum": 1},
        "stale": {"$sum": {"$cond": [{"$lt": ["$last_ts", stale_before]}, 1, 0]}},
        "lat": {"$avg": "$lat"},
        "lon": {"$avg": "$lon"},
        "south": {"$min": "$lat"},
        "north": {"$max": "$lat"},
        "west": {"$min": "$lon"},
        "east": {"$max": "$lon"},
        "device_ids": {"$minN": {"input": "$_id", "n": MOST_NAMED}},
    }


async def _alerting_in(database: Database, box: Box, alerting: Sequence[str]) -> Mapping[Cell, int]:
    wanted = {"_id": {"$in": list(alerting[:MOST_ALERTING])}, **box.filter}
    found = database[DEVICES].find(wanted, {"position": 1}, hint=[("_id", 1)])
    counts: dict[Cell, int] = {}
    async for device in found:
        lat, lon = (device["position"][name] / box.cell_degrees for name in ("lat", "lon"))
        cell = (math.floor(lat), math.floor(lon))
        counts[cell] = counts.get(cell, 0) + 1
    return counts
