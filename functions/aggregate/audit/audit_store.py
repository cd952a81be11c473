"""What does an audit read and repair? Window by window: the readings as the refresh reads them, the
views and devices as they are stored. All in one causally consistent session, with majority.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from pymongo.asynchronous.client_session import AsyncClientSession

from functions.aggregate.audit.comparison import Difference
from functions.aggregate.audit.window import Window
from functions.aggregate.store.devices import DeviceFacts, widen
from functions.aggregate.store.notes import Notes
from functions.aggregate.store.readings import ReadingPages
from functions.aggregate.store.views import ViewStore
from shared.mongo.collections import DEVICES, NOTES, RAW, REFRESH, VIEWS, Document
from shared.mongo.database import Database
from shared.mongo.errors import database_errors
from shared.readings.identity import first_id_at
from shared.readings.windows import window_start_of

_OPERATION: Final = "audit"
_BATCH: Final = 1_000


class AuditStore:
    """The database of one audit, for windows of this width."""

    def __init__(
        self, database: Database, session: AsyncClientSession, window_seconds: int
    ) -> None:
        self._database = database
        self._session = session
        self._width = timedelta(seconds=window_seconds)
        self._window_seconds = window_seconds

    async def horizon(self) -> datetime | None:
        """Give the time up to which windows are settled; None where nothing was refreshed yet."""
        state_id = {"_id": f"refresh/{self._window_seconds}s"}
        async with database_errors(_OPERATION):
            state = await self._database[REFRESH].find_one(state_id, session=self._session)
        return None if state is None else state["horizon"]

    async def next_window(self, start: datetime, end: datetime) -> datetime | None:
        """Give the first window from `start` on, before `end`, with a reading or a view."""
        ids = {"_id": {"$gte": first_id_at(start), "$lt": first_id_at(end)}}
        times = {"timestamp": {"$gte": start, "$lt": end}, "window_seconds": self._window_seconds}
        reading = await self._first(RAW, ids, "_id", {"ts": 1})
        view = await self._first(VIEWS, times, "timestamp", {"timestamp": 1})
        starts = [] if view is None else [view["timestamp"]]
        if reading is not None:
            starts.append(window_start_of(reading["ts"], self._window_seconds))
        return min(starts, default=None)

    async def window(self, start: datetime) -> Window:
        """Read the readings of the window that starts at `start`."""
        window = Window(start)
        pages = ReadingPages(self._database, self._session)
        async for page in pages.between(start, start + self._width):
            for reading in page:
                window.add(reading)
        return window

    async def views(self, start: datetime) -> dict[str, Document]:
        """Give the stored views of that window, by `_id`."""
        wanted = {"timestamp": start, "window_seconds": self._window_seconds}
        return {view["_id"]: view async for view in self._all(VIEWS, wanted)}

    async def devices(self, device_ids: Sequence[str]) -> dict[str, Document]:
        """Give what is stored of these devices; those not stored are missing."""
        found: dict[str, Document] = {}
        for first in range(0, len(device_ids), _BATCH):
            some = {"_id": {"$in": list(device_ids[first : first + _BATCH])}}
            found.update({one["_id"]: one async for one in self._all(DEVICES, some)})
        return found

    async def noted(self) -> set[tuple[datetime, str]]:
        """Give the windows and devices that a refresh has yet to count again."""
        notes = self._all(NOTES, {"window_seconds": self._window_seconds})
        found = {
            (window["window_start"], device_id)
            async for note in notes
            for window in note["windows"]
            for device_id in window["device_ids"]
        }
        async for pairs in Notes(self._database, self._session, self._window_seconds).pairs():
            found.update((pair.window_start, pair.device_id) for pair in pairs)
        return found

    async def write_grown(self, views: Sequence[tuple[Document, int]]) -> list[str]:
        """Write each view where the stored count still is the one beside it; return the others."""
        views_stored = ViewStore(self._database, self._session, self._window_seconds)
        return await views_stored.replace(views)

    async def widen(self, facts: Iterable[DeviceFacts]) -> None:
        """Write these devices as the refresh does: what is stored can only become wider."""
        await widen(self._database, self._session, facts)

    async def put_right(self, difference: Difference) -> bool:
        """Replace or delete the stored view, if it is still what was seen; tell whether it was."""
        assert difference.stored is not None
        seen, views = difference.stored, self._database[VIEWS]
        async with database_errors(_OPERATION):
            if difference.expected is None:
                deleted = await views.delete_one(seen, session=self._session)
                return bool(deleted.deleted_count)
            replaced = await views.replace_one(seen, difference.expected, session=self._session)
            return bool(replaced.matched_count)

    async def _first(
        self, collection: str, wanted: Document, field: str, projection: Document
    ) -> Document | None:
        async with database_errors(_OPERATION):
            cursor = self._database[collection].find(
                wanted, projection, sort=[(field, 1)], limit=1, session=self._session
            )
            found = await cursor.to_list()
        return found[0] if found else None

    async def _all(self, collection: str, wanted: Document) -> AsyncIterator[Document]:
        async with database_errors(_OPERATION):
            cursor = self._database[collection].find(
                wanted, batch_size=_BATCH, session=self._session
            )
            async with cursor:
                while batch := await cursor.to_list(_BATCH):
                    for document in batch:
                        yield document
