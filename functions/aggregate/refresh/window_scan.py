"""Counting all readings of a range of time, as many windows at once as make a step."""

from datetime import datetime, timedelta
from time import perf_counter
from typing import Final

from functions.aggregate.refresh.counting import Counting
from functions.aggregate.refresh.fold import Fold
from functions.aggregate.refresh.seen import Noted
from functions.aggregate.refresh.slices import breathe
from functions.aggregate.refresh.work import Refresh
from functions.aggregate.store.chunks import chunks
from functions.aggregate.store.devices import DeviceReadings
from functions.aggregate.store.pairs import Pair, pair_of, values_of
from functions.aggregate.store.readings import ReadingPages
from functions.aggregate.store.views import Counts, ViewStore
from shared.mongo.database import Session
from shared.mongo.reading_store import intact_until
from shared.readings.identity import first_id_at
from shared.readings.windows import window_start_of

STEP: Final = 10_000  # readings of several windows at once
MAX_HELD: Final = 300_000  # readings of one window; beyond, it is counted device by device
MAX_SPAN: Final = 5_000  # windows
_DEVICES: Final = 100


class WindowScan:
    """Scans windows in the order of time; it learns how many of them make a step."""

    def __init__(self, this: Refresh) -> None:
        self._this = this
        self._width = timedelta(seconds=this.width)
        self._span = 1

    async def step(
        self, session: Session, position: datetime, end: datetime, clock: datetime
    ) -> datetime:
        """Count some windows from `position` on, before `end`; return the next position."""
        pages = ReadingPages(self._this.database, session)
        position = self._intact(position, clock)
        first = await pages.first_after(first_id_at(position))
        if first is None or first["ts"] >= end:
            return max(end, position)
        position = max(position, window_start_of(first["ts"], self._this.width))
        while True:
            stop = min(position + self._span * self._width, end)
            if await self._count(session, pages, position, stop):
                return stop
            if self._span == 1:
                await self._count_by_device(session, pages, position)
                return position + self._width
            self._span = max(self._span // 4, 1)

    async def _count(
        self, session: Session, pages: ReadingPages, start: datetime, stop: datetime
    ) -> bool:
        """Count these windows; return False, with nothing done, where that is too much at once."""
        counts = await self._counts(session, start, stop)
        if counts is None:
            return False
        folds: dict[Pair, Fold] = {}
        devices = DeviceReadings()
        held, since = 0, perf_counter()
        async for page in pages.between(start, stop):
            held += len(page)
            if held > (MAX_HELD if self._span == 1 else 2 * STEP):
                return False
            for reading in page:
                pair = pair_of(reading, self._this.width)
                if pair not in folds:
                    folds[pair] = Fold(counts.get(pair, {}))
                folds[pair].add(reading["_id"], values_of(reading))
                devices.see(reading)
            since = await breathe(since)
        counting = self._this.counting(session, is_remembered=False)
        for one in folds.values():
            one.know_all_sensors()
        await self._count_again(counting, await counting.write_full(folds))
        await counting.widen(devices)
        if held < STEP // 2:
            self._span = min(2 * self._span, MAX_SPAN)
        return True

    async def _counts(self, session: Session, start: datetime, stop: datetime) -> Counts | None:
        views = ViewStore(self._this.database, session, self._this.width)
        if self._span == 1:
            return await views.counts_in(start)
        return await views.counts_between(start, stop)

    async def _count_by_device(
        self, session: Session, pages: ReadingPages, start: datetime
    ) -> None:
        """Count a window of very many readings, some devices at a time."""
        device_ids: set[str] = set()
        since = perf_counter()
        async for page in pages.between(start, start + self._width):
            device_ids.update(reading["device_id"] for reading in page)
            since = await breathe(since)
        counting = self._this.counting(session, is_remembered=False)
        for some in chunks(sorted(device_ids), _DEVICES):
            await self._count_again(counting, [Pair(device_id, start) for device_id in some])

    async def _count_again(self, counting: Counting, pairs: list[Pair]) -> None:
        noted = Noted(self._this.width)
        for pair in pairs:
            noted.name(pair)
        await counting.count(noted)

    def _intact(self, position: datetime, clock: datetime) -> datetime:
        """Return the first window from `position` on of which retention has taken nothing yet."""
        retention = self._this.retention
        if retention is None or clock < intact_until(position, retention):
            return position
        late = clock - intact_until(position, retention)
        return position + (late // self._width + 1) * self._width
