"""The audit of one window after the other: read again before anything is said to differ."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from functions.aggregate.audit.audit_store import AuditStore
from functions.aggregate.audit.comparison import GROWS, Difference, differences
from functions.aggregate.audit.window import Window
from functions.aggregate.store.devices import DeviceFacts, Edges, edges_of
from functions.aggregate.store.views import view_of
from functions.aggregate.window_summary import Summary, ViewKey, fold
from shared.mongo.collections import Document

LOOKS: Final = 3
LOOK_AGAIN_S: Final = 2.0  # a live refresh writes within a second or two
_MAX_DEVICES: Final = 200_000
_SLICE: Final = 100  # devices of a window that is too large to be held


@dataclass(frozen=True, slots=True)
class Repair:
    """What may be written.

    `raw_is_complete`: the operator says that telemetry_raw holds all readings there ever were in
    these windows, so that what it gives may replace a larger view.
    """

    grown: bool = False
    raw_is_complete: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as the readings say, in a line; and whether it was repaired."""

    kind: str
    sentence: str
    is_repaired: bool


@dataclass(slots=True)
class Audited:
    """What one window was found to be."""

    start: datetime
    readings: int = 0
    views: int = 0
    being_counted: int = 0  # views that a refresh is yet to count again: no findings
    findings: list[Finding] = field(default_factory=list)
    is_intact: bool = True  # else retention may have taken readings: nothing can be said


@dataclass(slots=True)
class _Look:
    window: Window
    summaries: dict[str, tuple[ViewKey, Summary]]
    views: int
    found: list[Difference]


class WindowAudit:
    """One audit. `pause` waits for so many seconds; tests do not."""

    def __init__(
        self,
        store: AuditStore,
        window_seconds: int,
        repair: Repair,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._window_seconds = window_seconds
        self._repair = repair
        self._pause = pause
        self._edges: dict[str, Edges] = {}  # of devices known to be stored as wide

    async def windows(self, start: datetime, end: datetime) -> AsyncIterator[Audited]:
        """Audit each window with readings or views from `start` on and before `end`.

        Both are edges of windows. One window's values are held at a time, or fewer.
        """
        while (found := await self._store.next_window(start, end)) is not None:
            yield await self._window(found)
            start = found + timedelta(seconds=self._window_seconds)

    async def _window(self, start: datetime) -> Audited:
        audited = Audited(start)
        is_whole = await self._audit_slice(audited, None)
        if not is_whole:
            device_ids = await self._store.device_ids(start)
            for first in range(0, len(device_ids), _SLICE):
                await self._audit_slice(audited, device_ids[first : first + _SLICE])
        return audited

    async def _audit_slice(self, audited: Audited, device_ids: Sequence[str] | None) -> bool:
        """Audit the window's views of some devices, or of all; return False if all are too many."""
        look = await self._look(audited.start, device_ids)
        for _ in range(1, LOOKS):
            if look is None or not look.found:
                break
            await self._pause(LOOK_AGAIN_S)
            look = await self._look(audited.start, device_ids)
        if look is None:
            return False
        audited.is_intact &= self._store.is_intact(audited.start)
        if not audited.is_intact:
            return True
        noted = await self._store.noted(audited.start) if look.found else set()
        found = [one for one in look.found if one.device_id not in noted]
        audited.readings += sum(summary.count for _, summary in look.summaries.values())
        audited.views += look.views
        audited.being_counted += len(look.found) - len(found)
        audited.findings += await self._repaired(found)
        audited.findings += await self._devices(look.window)
        return True

    async def _look(self, start: datetime, device_ids: Sequence[str] | None) -> _Look | None:
        # The views before the readings: these are then all that the views are of, and more.
        stored = await self._store.views(start, device_ids)
        if device_ids is None:
            window = await self._store.window(start)
            if window is None:
                return None
        else:
            window = await self._store.window_of(start, device_ids)
        summaries = {}
        for (device_id, sensor), values in window.values.items():
            key = ViewKey(device_id, sensor, start, self._window_seconds)
            summaries[key.view_id] = (key, fold(values))
        expected = {view_id: view_of(*parts) for view_id, parts in summaries.items()}
        return _Look(window, summaries, len(stored), list(differences(stored, expected)))

    async def _repaired(self, found: Sequence[Difference]) -> list[Finding]:
        grown = [one for one in found if one.kind in GROWS and self._repair.grown]
        refused: list[str] = []
        if grown:
            refused = await self._store.write_grown([_guarded(one) for one in grown])
        findings = []
        for one in found:
            is_repaired = one in grown and one.view_id not in refused
            if self._repair.raw_is_complete and one.kind not in GROWS:
                is_repaired = await self._store.put_right(one)
            findings.append(Finding(one.kind, one.sentence(), is_repaired))
        return findings

    async def _devices(self, window: Window) -> list[Finding]:
        """Return the devices that are stored with a narrower span than this window's readings."""
        facts = [one for one in window.devices.facts() if self._may_widen(one)]
        stored = await self._store.devices([one.device_id for one in facts])
        narrow = []
        for one in facts:
            device = stored.get(one.device_id)
            if device is None or one.edges.is_beyond(edges_of(device)):
                narrow.append(one)
            else:
                self._edges[one.device_id] = edges_of(device)
        if narrow and self._repair.grown:
            await self._store.widen(narrow)
        if len(self._edges) > _MAX_DEVICES:
            self._edges.clear()
        return [
            Finding("device", f"{'device':16}  {one.device_id}", self._repair.grown)
            for one in narrow
        ]

    def _may_widen(self, facts: DeviceFacts) -> bool:
        known = self._edges.get(facts.device_id)
        return known is None or facts.edges.is_beyond(known)


def _guarded(one: Difference) -> tuple[Document, int]:
    assert one.expected is not None
    return one.expected, 0 if one.stored is None else one.stored["count"]
