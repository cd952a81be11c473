"""The feed of the live hub: changes of the database, and rows as the lists show them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

from functions.dashboard.dependencies import Store
from functions.dashboard.live.changed import Changed
from functions.dashboard.live.events import LiveEvent
from functions.dashboard.live.interest import Change, Kind
from functions.dashboard.live.position import Position
from functions.dashboard.queries.bounded_queries import bounded
from functions.dashboard.queries.lookups import horizon
from functions.dashboard.schemas.live import Shown
from functions.dashboard.store.changes import OPERATION, ChangeStream


class LiveFeed:
    """An open stream of changes, whose rows are shown as the lists show them."""

    def __init__(self, store: Store, stream: ChangeStream, *, details: bool) -> None:
        self._store = store
        self._stream = stream
        self._details = details

    @classmethod
    async def open(cls, store: Store, since: Position | None, *, details: bool) -> "LiveFeed":
        """Open it at a position, or now. Raise TemporaryError."""
        return cls(store, await ChangeStream.open(store.database, since), details=details)

    @property
    def start(self) -> Position:
        """Where it began."""
        return self._stream.start

    async def changed(self, within_s: float) -> Changed | None:
        """Return what changes within this time. Raise TemporaryError."""
        return await self._stream.changed(within_s)

    async def events(self, changes: Sequence[Change]) -> Sequence[LiveEvent]:
        """Return what is stored of these rows now. Raise TemporaryError."""
        ids: dict[Kind, list[str]] = defaultdict(list)
        for change in changes:
            ids[change.kind].append(change.row_id)
        shown = Shown(datetime.now(UTC), await self._horizon(ids), details=self._details)
        return [
            shown.event_of(kind, row)
            for kind, row_ids in ids.items()
            for row in await self._stream.rows(kind, row_ids)
        ]

    async def close(self) -> None:
        """Close the stream. Raise TemporaryError."""
        await self._stream.close()

    async def _horizon(self, ids: dict[Kind, list[str]]) -> datetime | None:
        if Kind.WINDOW not in ids:
            return None
        async with bounded(OPERATION):
            return await horizon(self._store.database, self._store.window_seconds)
