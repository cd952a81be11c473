"""What an audit reads and repairs, in one causally consistent session with majority.

Every read is a page with a limit of its own: the driver makes one time limit of a find and all that
follows on its cursor, and a long history would meet it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from functions.aggregate.audit.comparison import Difference
from functions.aggregate.audit.view_pages import ViewPages
from functions.aggregate.audit.window import Window
from functions.aggregate.hour_summary import key_of
from functions.aggregate.refresh.hour_writes import HourWrites
from functions.aggregate.store.devices import DeviceFacts, widen
from functions.aggregate.store.hours import HourStore
from functions.aggregate.store.notes import Notes
from functions.aggregate.store.readings import ReadingPages
from functions.aggregate.store.views import ViewStore
from shared.mongo.collections import DEVICES, NOTES, REFRESH, VIEWS, Document
from shared.mongo.database import Database, Session
from shared.mongo.errors import database_errors
from shared.mongo.reading_store import clock_of, intact_until
from shared.readings.identity import first_id_at
from shared.readings.windows import window_start_of

MAX_HELD: Final = 300_000  # readings of a window at once; beyond, devices are read one by one
_BATCH: Final = 1_000
_OPERATION: Final = "audit"


class AuditStore:
    """The database of one audit, for windows of this width."""

    def __init__(
        self,
        database: Database,
        session: Session,
        window_seconds: int,
        retention: timedelta | None = None,
    ) -> None:
        self._database = database
        self._session = session
        self._window_seconds = window_seconds
        self._width = timedelta(seconds=window_seconds)
        self._retention = retention
        self._readings = ReadingPages(database, session)
        self._views = ViewPages(database, session, window_seconds)

    @property
    def clock(self) -> datetime:
        """The database's time of the last read."""
        return clock_of(self._session)

    async def summary(self) -> Document | None:
        """Return the state of the refresh; None where nothing was refreshed yet."""
        state_id = {"_id": f"refresh/{self._window_seconds}s"}
        async with database_errors(_OPERATION):
            return await self._database[REFRESH].find_one(state_id, session=self._session)

    async def horizon(self) -> datetime | None:
        """Return the time up to which windows are settled; None before the first refresh."""
        summary = await self.summary()
        return None if summary is None else summary["horizon"]

    def is_intact(self, start: datetime) -> bool:
        """Return whether retention had taken nothing of this window by the last read."""
        return self._retention is None or self.clock < intact_until(start, self._retention)

    async def first_reading_from(self, start: datetime) -> datetime | None:
        """Return the time of the first reading at `start` or later."""
        reading = await self._readings.first_after(first_id_at(start))
        return None if reading is None else reading["ts"]

    async def next_window(self, start: datetime, end: datetime) -> datetime | None:
        """Return the first window from `start` on, before `end`, with a reading or a view."""
        reading = await self.first_reading_from(start)
        view = await self._views.first_start(start, end)
        starts = [] if view is None else [view]
        if reading is not None and reading < end:
            starts.append(window_start_of(reading, self._window_seconds))
        return min(starts, default=None)

    async def window(self, start: datetime) -> Window | None:
        """Read the readings of a window; None where these are too many to hold."""
        window, held = Window(start), 0
        async for page in self._readings.between(start, start + self._width):
            held += len(page)
            if held > MAX_HELD:
                return None
            for reading in page:
                window.add(reading)
        return window

    async def window_of(self, start: datetime, device_ids: Sequence[str]) -> Window:
        """Read the readings of some devices in a window."""
        window = Window(start)
        for device_id in device_ids:
            seen: set[str] = set()  # where pages meet, a reading comes twice
            pages = self._readings.of_device(device_id, start, start + self._width)
            async for page in pages:
                for reading in page:
                    if reading["_id"] not in seen:
                        seen.add(reading["_id"])
                        window.add(reading)
        return window

    async def device_ids(self, start: datetime) -> list[str]:
        """Return the devices that have readings or views in a window."""
        found: set[str] = set()
        async for page in self._readings.between(start, start + self._width):
            found.update(reading["device_id"] for reading in page)
        async for views in self._views.of_window(start):
            found.update(view["device_id"] for view in views)
        return sorted(found)

    async def views(
        self, start: datetime, device_ids: Sequence[str] | None = None
    ) -> dict[str, Document]:
        """Return the stored views of a window by `_id`: all, or those of some devices."""
        return {
            view["_id"]: view
            async for page in self._views.of_window(start, device_ids)
            for view in page
        }

    async def devices(self, device_ids: Sequence[str]) -> dict[str, Document]:
        """Return what is stored of these devices; those not stored are missing."""
        found: dict[str, Document] = {}
        for first in range(0, len(device_ids), _BATCH):
            some = {"_id": {"$in": list(device_ids[first : first + _BATCH])}}
            async with database_errors(_OPERATION):
                page = await self._database[DEVICES].find(some, session=self._session).to_list()
            found.update({one["_id"]: one for one in page})
        return found

    async def noted(self, start: datetime) -> set[str]:
        """Return the devices whose readings in this window are still to be counted."""
        found: set[str] = set()
        async for pairs in Notes(self._database, self._session, self._window_seconds).pairs():
            found.update(pair.device_id for pair in pairs if pair.window_start == start)
        return found | await self._noted_by_the_version_before(start)

    async def write_grown(self, views: Sequence[tuple[Document, int]]) -> list[str]:
        """Write each view where the stored count still is the one beside it; return the others.

        The hours that are made have these views then.
        """
        parts = (self._database, self._session, self._window_seconds)
        refused = await ViewStore(*parts).replace(views)
        written = [view for view, _ in views if view["_id"] not in refused]
        await HourWrites(*parts).take_in_views(written)
        return refused

    async def widen(self, facts: Iterable[DeviceFacts]) -> None:
        """Write these devices as the refresh does: what is stored can only become wider."""
        await widen(self._database, self._session, facts)

    async def put_right(self, difference: Difference) -> bool:
        """Replace or delete the stored view; return whether it still was what was seen."""
        assert difference.stored is not None
        seen, views = difference.stored, self._database[VIEWS]
        async with database_errors(_OPERATION):
            if difference.expected is None:
                deleted = await views.delete_one(seen, session=self._session)
                is_right = bool(deleted.deleted_count)
            else:
                replaced = await views.replace_one(seen, difference.expected, session=self._session)
                is_right = bool(replaced.matched_count)
        parts = (self._database, self._session, self._window_seconds)
        if is_right and await HourStore(*parts).hours_of([key_of(seen)]):
            await HourWrites(*parts).make_again(key_of(seen))
        return is_right

    async def _noted_by_the_version_before(self, start: datetime) -> set[str]:
        found: set[str] = set()
        after = ""
        while True:
            wanted = {"_id": {"$gt": after}, "window_seconds": self._window_seconds}
            async with database_errors(_OPERATION):
                page = await (
                    self._database[NOTES]
                    .find(wanted, sort=[("_id", 1)], limit=_BATCH, session=self._session)
                    .to_list()
                )
            for window in (window for note in page for window in note["windows"]):
                if window["window_start"] == start:
                    found.update(window["device_ids"])
            if len(page) < _BATCH:
                return found
            after = page[-1]["_id"]
