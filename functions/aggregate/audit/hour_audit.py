"""The audit of the hours that are made: whether each is what the views of its windows give."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import datetime
from itertools import groupby
from typing import Final

from functions.aggregate.audit.comparison import GROWS, Difference, differences
from functions.aggregate.audit.window_audit import LOOK_AGAIN_S, LOOKS, Finding, Repair
from functions.aggregate.hour_summary import HourKey, key_of, with_views
from functions.aggregate.refresh.hour_writes import HourWrites
from functions.aggregate.store.hours import HourStore
from shared.mongo.collections import Document
from shared.mongo.database import Database, Session
from shared.readings.windows import HOUR, hour_of

_DEVICES: Final = 100


class HourAudit:
    """One audit of hours. `pause` waits for so many seconds; tests do not."""

    def __init__(
        self,
        database: Database,
        session: Session,
        window_seconds: int,
        repair: Repair,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = HourStore(database, session, window_seconds)
        self._writes = HourWrites(database, session, window_seconds)
        self._window_seconds = window_seconds
        self._repair = repair
        self._pause = pause

    async def findings(self, start: datetime, end: datetime) -> AsyncIterator[Finding]:
        """Yield what differs in the hours from `start` on that are over by `end`, and are made."""
        end = min(end, await self._store.made_until())
        while (view := await self._store.first_view_from(start)) is not None:
            hour = hour_of(view)
            if hour + HOUR > end:
                return
            async for finding in self._hour(hour):
                yield finding
            start = hour + HOUR

    async def _hour(self, start: datetime) -> AsyncIterator[Finding]:
        after = ""
        while device_ids := await self._store.devices_after(after, _DEVICES):
            after = device_ids[-1]
            for device_id in device_ids:
                for finding in await self._device(start, device_id):
                    yield finding

    async def _device(self, start: datetime, device_id: str) -> list[Finding]:
        found = await self._look(start, device_id)
        for _ in range(1, LOOKS):
            if not found:
                break
            await self._pause(LOOK_AGAIN_S)  # who writes a view takes it in a moment later
            found = await self._look(start, device_id)
        return [await self._finding(key, one) for key, one in found]

    async def _look(self, start: datetime, device_id: str) -> list[tuple[HourKey, Difference]]:
        views = await self._store.views_of_hour(start, device_id)
        expected = dict(self._expected(views))
        keys = {key.hour_id(self._window_seconds): key for key in expected}
        stored = await self._store.hours_of(expected.keys())
        found = differences(_by_id(stored.values()), _by_id(expected.values()))
        return [(keys[one.view_id], one) for one in found]

    def _expected(self, views: Iterable[Document]) -> list[tuple[HourKey, Document]]:
        found = []
        for key, some in groupby(sorted(views, key=key_of), key_of):
            hour = with_views(key, self._window_seconds, None, some)
            assert hour is not None
            found.append((key, hour))
        return found

    async def _finding(self, key: HourKey, one: Difference) -> Finding:
        is_repaired = False
        if (one.kind in GROWS and self._repair.grown) or self._repair.raw_is_complete:
            await self._writes.make_again(key)
            is_repaired = True
        return Finding("hour", f"{'hour':16}  {one.sentence()}", is_repaired)


def _by_id(hours: Iterable[Document]) -> dict[str, Document]:
    return {hour["_id"]: hour for hour in hours}
