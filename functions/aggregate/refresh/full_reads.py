"""Reading pairs in full: all of their stored readings, many pairs with one query."""

from collections.abc import AsyncIterator, Collection, Iterable
from datetime import datetime, timedelta
from time import perf_counter
from typing import Final

from functions.aggregate.refresh.read_plan import Range, halves, ranges_of, whole_windows
from functions.aggregate.refresh.slices import breathe
from functions.aggregate.store.pairs import Pair, pair_of
from functions.aggregate.store.readings import ReadingPages
from shared.mongo.collections import Document

Readings = dict[Pair, list[Document]]

MAX_READINGS: Final = 2_000  # of one query over several pairs: decoding them holds the loop
MAX_HELD: Final = 200_000  # of one window; beyond, its devices are read one group after the other
_RANGES: Final = 20
_MAX_RANGES: Final = 100  # planning a query takes time for each


class FullReads:
    """Reads pairs in full, some at a time, so that what is held at once is bounded."""

    def __init__(self, pages: ReadingPages, window_seconds: int) -> None:
        self._pages = pages
        self._window_seconds = window_seconds
        self._ranges = _RANGES

    async def of(self, pairs: Collection[Pair]) -> AsyncIterator[Readings]:
        """Return each pair with all of its readings, complete, some pairs at a time."""
        left = set(pairs)
        for start, some in whole_windows(pairs).items():
            found = await self._window(start, some)
            if found is not None:
                left.difference_update(some)
                yield found
        async for found in self._by_range(left):
            yield found

    async def _window(self, start: datetime, wanted: Collection[Pair]) -> Readings | None:
        """Read a whole window; None where that is too much to be held."""
        found: Readings = {pair: [] for pair in wanted}
        held = 0
        since = perf_counter()
        end = start + timedelta(seconds=self._window_seconds)
        async for page in self._pages.between(start, end):
            held += self._put(page, found)
            if held > MAX_HELD:
                return None
            since = await breathe(since)
        return found

    async def _by_range(self, pairs: Collection[Pair]) -> AsyncIterator[Readings]:
        waiting = ranges_of(sorted(pairs), self._window_seconds)
        waiting.reverse()
        while waiting:
            some = [waiting.pop() for _ in range(min(self._ranges, len(waiting)))]
            parts = [(one.device_ids, one.start, one.end) for one in some]
            page = await self._pages.of_ranges(parts, MAX_READINGS)
            if page is not None:
                if len(page) < MAX_READINGS // 4:
                    self._ranges = min(2 * self._ranges, _MAX_RANGES)
                found: Readings = {pair: [] for one in some for pair in one.pairs}
                self._put(page, found)
                yield found
            elif len(some) > 1:
                self._ranges = max(len(some) // 2, 1)
                waiting.extend(reversed(some))
            elif len(some[0].pairs) > 1:
                waiting.extend(reversed(halves(some[0], self._window_seconds)))
            else:
                yield await self._pair(some[0])

    async def _pair(self, one: Range) -> Readings:
        (pair,) = one.pairs
        found: Readings = {pair: []}
        since = perf_counter()
        async for page in self._pages.of_device(pair.device_id, one.start, one.end):
            self._put(page, found)
            since = await breathe(since)
        return found

    def _put(self, page: Iterable[Document], found: Readings) -> int:
        """Put the readings to their pairs, those of other pairs nowhere; return how many."""
        held = 0
        for reading in page:
            readings = found.get(pair_of(reading, self._window_seconds))
            if readings is not None:
                readings.append(reading)
                held += 1
        return held
