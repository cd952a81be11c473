"""Pages of devices in several orders, searched and filtered, by one index for each order.

Every index ends with `_id`, so a search in the ids examines keys and fetches only what it returns:
some 10 ms for 10,000 devices.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from functions.dashboard.queries.cursor import Position
from functions.dashboard.queries.pages import Page
from shared.mongo.collections import DEVICES, Document
from shared.mongo.database import Database

_SHOWN: Final = {"latest.dedup": 0}
# A range that begins here leaves nothing out. Without one the database would not compare the ids
# that the index holds, but fetch every device for it.
_BEFORE_ALL: Final = datetime(1, 1, 1, tzinfo=UTC)


class DeviceOrder(StrEnum):
    """In which order devices are listed."""

    FIRST_SEEN = "first_seen"  # the last one to appear first
    LAST_SEEN = "last_seen"  # the one that reported last first
    LONGEST_SILENT = "longest_silent"
    DEVICE_ID = "device_id"


@dataclass(frozen=True, slots=True)
class _Index:
    time: str
    keys: tuple[tuple[str, int], ...]
    is_reversed: bool = False

    @property
    def order(self) -> list[tuple[str, int]]:
        sign = -1 if self.is_reversed else 1
        return [(name, sign * direction) for name, direction in self.keys]


_BY_FIRST: Final = (("first_ts", -1), ("_id", 1))
_BY_LAST: Final = (("last_ts", -1), ("_id", 1))
_INDEXES: Final = {
    DeviceOrder.FIRST_SEEN: _Index("first_ts", _BY_FIRST),
    DeviceOrder.LAST_SEEN: _Index("last_ts", _BY_LAST),
    DeviceOrder.LONGEST_SILENT: _Index("last_ts", _BY_LAST, is_reversed=True),
    DeviceOrder.DEVICE_ID: _Index("first_ts", (("_id", 1),)),
}


@dataclass(frozen=True, slots=True)
class DeviceRequest:
    """At most `limit` devices after the one at `after`.

    Their time (of the order) is from `start` on and before `end`. Their ids contain `search`, in
    any case, and are among `device_ids`, if these are given.
    """

    order: DeviceOrder
    limit: int
    after: Position | None = None
    start: datetime | None = None
    end: datetime | None = None
    search: str | None = None
    device_ids: Collection[str] | None = None


async def device_page_of(database: Database, request: DeviceRequest) -> Page:
    """Return one page of devices.

    While one pages by the time of the last reading, a device that reports moves ahead: it may be
    missed, or come twice.
    """
    wanted = request.limit + 1  # the last one only says that more follow
    index = _INDEXES[request.order]
    rows: list[Document] = []
    for condition in _conditions(request, index):
        if len(rows) < wanted:
            found = database[DEVICES].find(condition, _SHOWN).hint(list(index.keys))
            rows += await found.sort(index.order).limit(wanted - len(rows)).to_list()
    shown = rows[: request.limit]
    if len(rows) <= request.limit:
        return Page(shown, None)
    return Page(shown, Position(shown[-1][index.time], shown[-1]["_id"]))


def _conditions(request: DeviceRequest, index: _Index) -> list[Document]:
    """Return what the rows match: those of the time at which the last page ended, then the rest."""
    ids = _ids(request)
    after = request.after
    if request.order is DeviceOrder.DEVICE_ID:
        return [_all_of(*ids, *([{"_id": {"$gt": after.row_id}}] if after else []))]
    span: Document = {"$gte": request.start or _BEFORE_ALL}
    if request.end is not None:
        span["$lt"] = request.end
    if after is None:
        return [_all_of(*ids, {index.time: span})]
    beyond = "$lt" if index.is_reversed else "$gt"
    same = _all_of(*ids, {index.time: after.at}, {"_id": {beyond: after.row_id}})
    span["$gt" if index.is_reversed else "$lt"] = after.at
    return [same, _all_of(*ids, {index.time: span})]


def _ids(request: DeviceRequest) -> list[Document]:
    conditions: list[Document] = []
    if request.search is not None:
        conditions.append({"_id": {"$regex": re.escape(request.search), "$options": "i"}})
    if request.device_ids is not None:
        conditions.append({"_id": {"$in": sorted(request.device_ids)}})
    return conditions


def _all_of(*conditions: Document) -> Document:
    return {"$and": list(conditions)} if conditions else {}
