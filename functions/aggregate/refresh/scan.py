"""The scan: readings that nobody noted, read from telemetry_raw window by window.

Needed where notes were not written: for a new width of windows, and for what instances of the
version before acknowledged. It begins where that version's horizon stood, follows the clock until
such instances have gone, and then goes over the same once more.
"""

from datetime import datetime, timedelta
from typing import Final

from functions.aggregate.refresh.seen import Noted
from functions.aggregate.refresh.window_scan import WindowScan
from functions.aggregate.refresh.work import Refresh
from functions.aggregate.store.late_windows import LateWindows
from functions.aggregate.store.leases import OWNER_PREFIX
from functions.aggregate.store.readings import ReadingPages
from functions.aggregate.store.state import BEGIN, DONE, FIRST, SECOND, State
from functions.aggregate.window_summary import settled_until
from shared.mongo.collections import Document
from shared.mongo.database import Session
from shared.mongo.reading_store import clock_of
from shared.readings.windows import window_start_of

# What the version before acknowledges without a note has times before this: a rollout takes up to
# 15 minutes, and readings may be 5 minutes ahead.
FOLLOWED: Final = timedelta(minutes=20)


class Scan:
    """The scan of one process; its lease is that of the summary, as in the version before."""

    def __init__(self, this: Refresh) -> None:
        self._this = this
        self._windows = WindowScan(this)

    async def step(self) -> bool | None:
        """Scan a little further; return whether nothing is left to be scanned for now.

        None: another process has the lease. Raise TemporaryError where the database fails.
        """
        this = self._this
        async with this.database.client.start_session(causal_consistency=True) as session:
            state = State(this.database, session, this.width)
            summary = await state.summary()
            if is_done(summary):
                return True
            taken = await this.leases.take_summary(session, summary["_id"])
            if taken is None:
                return None
            clock = clock_of(session)
            scan = taken["scan"]
            if scan["phase"] == BEGIN:
                scan = await self._begun(session, taken["horizon"], clock)
            is_noted = await self._count_late_windows(session)
            scan, is_at_end = await self._scanned(session, scan, clock)
            if scan["phase"] == DONE and is_noted:
                scan = {**scan, "phase": SECOND}
            await state.save_scan(scan, this.owner)
            await state.summarise(this.settings.aggregate_shards)
            if scan["phase"] == DONE:
                await this.leases.release(session, [summary["_id"]])
            return is_at_end and not is_noted

    async def _begun(self, session: Session, horizon: datetime, clock: datetime) -> Document:
        first = await ReadingPages(self._this.database, session).first_after("")
        if first is None:
            return {"phase": DONE, "start": horizon, "position": horizon, "begun": clock}
        start = max(horizon, window_start_of(first["ts"], self._this.width))
        return {"phase": FIRST, "start": start, "position": start, "begun": clock}

    async def _scanned(
        self, session: Session, scan: Document, clock: datetime
    ) -> tuple[Document, bool]:
        """Return the scan as it stands after one step, and whether it is where it can be."""
        if scan["phase"] == DONE:
            return scan, True
        settings = self._this.settings
        settled = settled_until(clock, self._this.width, settings.aggregate_grace_seconds)
        end = min(scan.get("until", settled), settled)
        position = await self._windows.step(session, scan["position"], end, clock)
        scan = {**scan, "position": position}
        if position < end:
            return scan, False
        if scan["phase"] == SECOND:
            return {**scan, "phase": DONE}, True
        if position < scan["begun"] + FOLLOWED:
            return scan, True
        return {**scan, "phase": SECOND, "position": scan["start"], "until": end}, False

    async def _count_late_windows(self, session: Session) -> bool:
        """Count what the version before noted; return whether there was any."""
        store = LateWindows(self._this.database, session, self._this.width)
        note_ids, pairs = await store.some()
        if not note_ids:
            return False
        noted = Noted(self._this.width)
        for pair in pairs:
            noted.name(pair)
        await self._this.counting(session).count(noted)
        await store.delete(note_ids)
        return True


def is_done(summary: Document) -> bool:
    """Return whether nothing is left to be scanned, and no older version has worked since."""
    return not holds_lanes(summary) and bool(summary["scan"]["phase"] == DONE)


def holds_lanes(summary: Document) -> bool:
    """Return whether lanes must wait: a process of the version before may be at work."""
    return "scan" not in summary or "" < summary["owner"] < OWNER_PREFIX
