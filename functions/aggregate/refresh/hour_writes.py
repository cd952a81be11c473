"""Taking views into the hours to which they belong.

An hour is made once the horizon is past it. Whoever writes a view of such an hour takes it in
before the notes are deleted that made it do so. The horizon is read after the view is written: who
does not see it past the hour has written before the hour was made, from what was stored then.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from time import perf_counter
from typing import Final

from functions.aggregate.hour_summary import HourKey, key_of, with_views
from functions.aggregate.refresh.seen import Noted
from functions.aggregate.refresh.slices import breathe
from functions.aggregate.store.chunks import chunks
from functions.aggregate.store.hours import HourStore
from functions.aggregate.store.pairs import Pair
from functions.aggregate.store.state import State
from functions.aggregate.window_summary import ViewKey
from shared.mongo.collections import Document
from shared.mongo.database import Database, Session
from shared.outcomes import TemporaryError
from shared.readings.windows import HOUR, has_hours, hour_of

_PAIRS: Final = 500
_TRIES: Final = 5
_OPERATION: Final = "refresh"


class HourWrites:
    """The hours of one width, in one session."""

    def __init__(self, database: Database, session: Session, window_seconds: int) -> None:
        self._store = HourStore(database, session, window_seconds)
        self._state = State(database, session, window_seconds)
        self._window_seconds = window_seconds

    async def take_in(self, noted: Noted) -> None:
        """Take in the views of what was noted, as they are stored now, where their hour is made.

        Raise TemporaryError where the database fails; doing it again completes it.
        """
        past = await self._past(noted.window_starts())
        pairs = [pair for pair in noted.readings if pair.window_start in past]
        for some in chunks(pairs, _PAIRS):
            await self.make(await self._store.views(self._ids(some, noted)))
        named: dict[datetime, list[str]] = {}
        for pair in noted.named:
            named.setdefault(pair.window_start, []).append(pair.device_id)
        for start in past & named.keys():
            for device_ids in chunks(named[start], _PAIRS):
                await self.make(await self._store.views_of_window(start, device_ids))

    async def take_in_views(self, views: Sequence[Document]) -> None:
        """Take in those of these views whose hour is made. Raise TemporaryError as above."""
        past = await self._past({view["timestamp"] for view in views})
        await self.make([view for view in views if view["timestamp"] in past])

    async def make(self, views: Iterable[Document]) -> None:
        """Take in these views, as they were read. Raise TemporaryError as above."""
        left: dict[HourKey, list[Document]] = {}
        for view in views:
            left.setdefault(key_of(view), []).append(view)
        for _ in range(_TRIES):
            if not left:
                return
            left = await self._refused(left)
        raise TemporaryError(_OPERATION, f"{len(left)} hours are being written by others")

    async def make_again(self, key: HourKey) -> None:
        """Make an hour anew from the views of its windows, whatever it was of.

        For who says that nothing is missing there. Until it is made, it is not there.
        """
        await self._store.delete(key)
        views = await self._store.views_of_hour(key.start, key.device_id)
        await self.make([view for view in views if key_of(view) == key])

    async def _past(self, starts: set[datetime]) -> set[datetime]:
        """Return those of these windows whose hour the horizon has passed."""
        if not starts or not has_hours(self._window_seconds):
            return set()
        horizon = (await self._state.summary())["horizon"]
        return {start for start in starts if hour_of(start) + HOUR <= horizon}

    async def _refused(
        self, views: Mapping[HourKey, Sequence[Document]]
    ) -> dict[HourKey, list[Document]]:
        """Take in what can be; return what is to be done again, since others wrote meanwhile."""
        stored = await self._store.hours_of(views.keys())
        grown: list[tuple[Document, int]] = []
        since = perf_counter()
        for key, some in views.items():
            hour = stored.get(key)
            new = with_views(key, self._window_seconds, hour, some)
            if new is not None:
                grown.append((new, 0 if hour is None else hour["count"]))
            since = await breathe(since)
        refused = set(await self._store.replace(grown))
        return {
            key: list(some)
            for key, some in views.items()
            if key.hour_id(self._window_seconds) in refused
        }

    def _ids(self, pairs: Iterable[Pair], noted: Noted) -> list[str]:
        return [
            ViewKey(pair.device_id, sensor, pair.window_start, self._window_seconds).view_id
            for pair in pairs
            for sensor in noted.sensors_of(pair)
        ]
