"""Bringing the views of pairs up to date, so that each is replaced only by one of a superset.

A pair that is remembered needs no read: its stored view is our own. Another's counts are read
first, then its readings, causally after them; what is stored is replaced only while its count is
still the one that was read. A count was written once, so "still this count" means "still that very
view", whose readings were stored before ours were read.
A pair without a view needs no read either: every acknowledged reading has a note of its own.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from time import perf_counter
from typing import Final

from functions.aggregate.refresh.fold import Fold
from functions.aggregate.refresh.full_reads import FullReads
from functions.aggregate.refresh.hour_writes import HourWrites
from functions.aggregate.refresh.remembered import Remembered
from functions.aggregate.refresh.seen import Noted
from functions.aggregate.refresh.slices import breathe
from functions.aggregate.refresh.view_writes import ViewWrites
from functions.aggregate.store.chunks import chunks
from functions.aggregate.store.devices import DeviceReadings, widen
from functions.aggregate.store.pairs import Pair, values_of
from functions.aggregate.store.readings import ReadingPages
from functions.aggregate.store.views import Counts, ViewStore
from shared import metrics
from shared.mongo.collections import Document
from shared.mongo.database import Database, Session
from shared.mongo.reading_store import clock_of, intact_until
from shared.outcomes import TemporaryError

PAIRS: Final = 2_000  # whose counts are read at once
TRIES: Final = 5
_HELD: Final = 250  # pairs read in full, until they are written
_OPERATION: Final = "refresh"
_log = logging.getLogger(__name__)


class Counting:
    """Counts pairs in one session, with what this process remembers."""

    def __init__(
        self,
        database: Database,
        session: Session,
        window_seconds: int,
        retention: timedelta | None,
        remembered: Remembered,
    ) -> None:
        self._database = database
        self._session = session
        self._window_seconds = window_seconds
        self._retention = retention
        self._remembered = remembered
        self._views = ViewStore(database, session, window_seconds)
        self._writes = ViewWrites(self._views, window_seconds, remembered)
        pages = ReadingPages(database, session)
        self._full_reads = FullReads(pages, window_seconds)
        self._hours = HourWrites(database, session, window_seconds)

    async def count(self, noted: Noted) -> None:
        """Return when every view of what is noted is of at least these readings, for good.

        The hours that are made have these views then.

        Raise TemporaryError where the database fails; doing it again completes it.
        """
        unknown = await self._count_remembered(noted)
        for some in chunks(unknown, PAIRS):
            await self._count_unknown(some, noted)
        await self.widen(noted.devices)
        await self._hours.take_in(noted)

    async def write_full(self, folds: Mapping[Pair, Fold]) -> list[Pair]:
        """Write what grew of pairs whose counts were read, then all of their readings.

        Return those that somebody else wrote meanwhile: they are to be counted again. A view is
        left as it is where retention may have taken a reading before it was read here.
        """
        clock = clock_of(self._session)  # not before any deletion whose effect was read
        intact = {
            pair: one for pair, one in folds.items() if self._may_be_replaced(pair, one, clock)
        }
        lost = len(folds) - len(intact)
        if lost:
            metrics.windows_past_retention.inc(lost)
            _log.warning("views past retention left as they are", extra={"views": lost})
        return await self._writes.write(intact)

    async def widen(self, devices: DeviceReadings) -> None:
        """Store what is new of these devices."""
        wider = [facts for facts in devices.facts() if self._remembered.is_wider(facts)]
        await widen(self._database, self._session, wider)
        for facts in wider:
            self._remembered.widened(facts)

    async def _count_remembered(self, noted: Noted) -> list[Pair]:
        """Count the pairs that are remembered; return the others."""
        known: dict[Pair, Fold] = {}
        unknown = list(noted.named)
        since = perf_counter()
        for pair, readings in noted.readings.items():
            if pair in noted.named:
                continue
            one = self._remembered.take(pair, noted.sensors_of(pair))
            if one is None:
                unknown.append(pair)
            else:
                one.add_all(readings)
                known[pair] = one
            since = await breathe(since)
        return unknown + await self._writes.write(known)

    async def _count_unknown(self, pairs: Sequence[Pair], noted: Noted) -> None:
        left = pairs
        for _ in range(TRIES):
            counts = await self._counts(left, noted)
            new: dict[Pair, Fold] = {}
            stored: list[Pair] = []
            for pair in left:
                if pair in noted.named or any(counts[pair].values()):
                    stored.append(pair)
                else:
                    new[pair] = Fold(counts[pair])
                    new[pair].add_all(noted.readings[pair])
            left = await self._writes.write(new)
            left += await self._count_in_full(stored, counts, noted)
            if not left:
                return
        raise TemporaryError(_OPERATION, f"{len(left)} views are being written by others")

    async def _counts(self, pairs: Sequence[Pair], noted: Noted) -> Counts:
        named = [pair for pair in pairs if pair in noted.named]
        others = {pair: noted.sensors_of(pair) for pair in pairs if pair not in noted.named}
        counts = await self._views.counts_of(named)
        counts.update(await self._views.counts_of_sensors(others))
        return counts

    async def _count_in_full(
        self, pairs: Sequence[Pair], counts: Counts, noted: Noted
    ) -> list[Pair]:
        """Read these pairs, whose counts were read, and write them; return those refused."""
        refused: list[Pair] = []
        folds: dict[Pair, Fold] = {}
        since = perf_counter()
        async for found in self._full_reads.of(pairs):
            for pair, readings in found.items():
                folds[pair] = self._full_fold(pair, readings, counts, noted)
                since = await breathe(since)
            if len(folds) > _HELD:
                refused += await self.write_full(folds)
                folds = {}
        return refused + await self.write_full(folds)

    def _full_fold(
        self, pair: Pair, readings: Iterable[Document], counts: Counts, noted: Noted
    ) -> Fold:
        one = Fold(counts[pair])
        for reading in readings:
            one.add(reading["_id"], values_of(reading))
            noted.devices.see(reading)
        one.add_all(noted.readings.get(pair, {}))
        if pair in noted.named:
            one.know_all_sensors()
        return one

    def _may_be_replaced(self, pair: Pair, one: Fold, clock: datetime) -> bool:
        if self._retention is None or not one.is_of_a_view:
            return True
        return clock < intact_until(pair.window_start, self._retention)
