"""The views in aggregated_data: how many readings each is of, and replacing one of them.

A stored count only grows, so "still this count" means "still this very view".
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from pymongo.asynchronous.client_session import AsyncClientSession

from functions.aggregate.store.chunks import chunks
from functions.aggregate.store.guarded_writes import replace_guarded
from functions.aggregate.store.pairs import Pair
from functions.aggregate.window_summary import Summary, ViewKey
from shared.mongo.collections import VIEWS, Document
from shared.mongo.database import Database
from shared.mongo.errors import database_errors

Counts = dict[Pair, dict[str, int]]

BULK: Final = 500  # encoding them holds the loop
_PAGE: Final = 2_000
_MANY: Final = 5_000
_OPERATION: Final = "refresh"
_COUNT: Final = {"count": 1, "device_id": 1, "sensor_type": 1, "timestamp": 1}


class ViewStore:
    """The views of windows of one width, read and written in one session."""

    def __init__(
        self, database: Database, session: AsyncClientSession, window_seconds: int
    ) -> None:
        self._views = database[VIEWS]
        self._session = session
        self._window_seconds = window_seconds

    async def counts_of_sensors(self, sensors: Mapping[Pair, Iterable[str]]) -> Counts:
        """Return how many readings the views of these pairs' sensors are of; 0 without a view."""
        keys = {
            self._view_id(pair, sensor): (pair, sensor)
            for pair, names in sensors.items()
            for sensor in names
        }
        counts: Counts = {pair: dict.fromkeys(names, 0) for pair, names in sensors.items()}
        for some in chunks(list(keys), _PAGE):
            for view in await self._found({"_id": {"$in": some}}, {"count": 1}):
                pair, sensor = keys[view["_id"]]
                counts[pair][sensor] = view["count"]
        return counts

    async def counts_of(self, pairs: Collection[Pair]) -> Counts:
        """Return how many readings each view of these pairs is of, whatever its sensor."""
        counts: Counts = {pair: {} for pair in pairs}
        devices: dict[datetime, list[str]] = {}
        for pair in pairs:
            devices.setdefault(pair.window_start, []).append(pair.device_id)
        for start, device_ids in devices.items():
            for some in chunks(device_ids, BULK):
                wanted = {"device_id": {"$in": some}, "timestamp": start}
                for view in await self._found(wanted | self._width(), _COUNT):
                    pair = Pair(view["device_id"], start)
                    counts[pair][view["sensor_type"]] = view["count"]
        return counts

    async def counts_in(self, window_start: datetime) -> Counts:
        """Return how many readings each view of this window is of; pairs without are missing."""
        counts: Counts = {}
        after = ""
        while True:
            wanted = {"timestamp": window_start, "_id": {"$gt": after}} | self._width()
            async with database_errors(_OPERATION):
                page = await self._views.find(
                    wanted, _COUNT, sort=[("_id", 1)], limit=_PAGE, session=self._session
                ).to_list()
            for view in page:
                pair = Pair(view["device_id"], window_start)
                counts.setdefault(pair, {})[view["sensor_type"]] = view["count"]
            if len(page) < _PAGE:
                return counts
            after = page[-1]["_id"]

    async def counts_between(self, start: datetime, stop: datetime) -> Counts | None:
        """Return the same for the windows that start from `start` on and before `stop`.

        None where these are very many views.
        """
        counts: Counts = {}
        wanted = {"timestamp": {"$gte": start, "$lt": stop}} | self._width()
        async with database_errors(_OPERATION):
            page = await self._views.find(
                wanted, _COUNT, limit=_MANY, session=self._session
            ).to_list()
        for view in page:
            pair = Pair(view["device_id"], view["timestamp"])
            counts.setdefault(pair, {})[view["sensor_type"]] = view["count"]
        return counts if len(page) < _MANY else None

    async def replace(self, views: Sequence[tuple[Document, int]]) -> list[str]:
        """Store each view where the stored one still is of as many readings as stands beside it.

        0: there is none. Return the `_id`s of those refused, since somebody else wrote them; it is
        not said what is stored now, nor that a majority holds it.
        """
        return await replace_guarded(self._views, self._session, views, BULK)

    def _view_id(self, pair: Pair, sensor: str) -> str:
        return ViewKey(pair.device_id, sensor, pair.window_start, self._window_seconds).view_id

    def _width(self) -> Document:
        return {"window_seconds": self._window_seconds}

    async def _found(self, wanted: Document, projection: Document) -> list[Document]:
        async with database_errors(_OPERATION):
            found = self._views.find(wanted, projection, session=self._session)
            return await found.to_list()


def view_of(key: ViewKey, summary: Summary) -> Document:
    """Return the view's document in aggregated_data."""
    return {
        "_id": key.view_id,
        "device_id": key.device_id,
        "sensor_type": key.sensor_type,
        "timestamp": key.window_start,
        "window_seconds": key.window_seconds,
        "count": summary.count,
        "sum": summary.sum,
        "min": summary.min,
        "max": summary.max,
        "average": summary.average,
        "p50": summary.p50,
        "p95": summary.p95,
    }
