"""A feed of changes for tests: what changes is what a test says."""

import asyncio
from collections.abc import Sequence

from functions.dashboard.live.changed import Changed
from functions.dashboard.live.events import LiveEvent
from functions.dashboard.live.hub import LiveHub
from functions.dashboard.live.interest import Change, Interest, Kind
from functions.dashboard.live.position import Position
from shared.outcomes import TemporaryError

ALL = Interest(frozenset(Kind))


def device(*names: str) -> frozenset[Change]:
    return frozenset(Change(Kind.DEVICE, name) for name in names)


class FakeFeed:
    """Changes are put in by `tell`; a row's content is its id, and how often rows were read."""

    def __init__(self, start: Position) -> None:
        self.start = start
        self.is_closed = False
        self.reads: list[Sequence[Change]] = []
        self._waiting: asyncio.Queue[Changed | TemporaryError] = asyncio.Queue()

    def tell(self, seconds: int, changes: frozenset[Change]) -> None:
        self._waiting.put_nowait(Changed(Position(seconds, 1), changes))

    def fail(self) -> None:
        self._waiting.put_nowait(TemporaryError("events", "the database is away"))

    async def changed(self, within_s: float) -> Changed | None:
        # No timeout that cancels: after one, Python 3.11 tells coverage nothing of the caller.
        end = asyncio.get_running_loop().time() + within_s / 100
        while self._waiting.empty():
            if asyncio.get_running_loop().time() >= end:
                return None
            await asyncio.sleep(0.001)
        told = self._waiting.get_nowait()
        if isinstance(told, TemporaryError):
            raise told
        return told

    async def events(self, changes: Sequence[Change]) -> Sequence[LiveEvent]:
        self.reads.append(changes)
        return [LiveEvent(c.kind, c.device_id, f'"{c.row_id}"') for c in changes]

    async def close(self) -> None:
        self.is_closed = True


class FakeSource:
    """Opens feeds; `now` is where one begins that has no position."""

    def __init__(self, now: int = 1_000) -> None:
        self.now = now
        self.feeds: list[FakeFeed] = []
        self.is_away = False

    async def open(self, since: Position | None) -> FakeFeed:
        await asyncio.sleep(0)
        if self.is_away:
            raise TemporaryError("events", "the database is away")
        self.feeds.append(FakeFeed(since or Position(self.now, 0)))
        return self.feeds[-1]

    def hub(self, most_clients: int = 1_000) -> LiveHub:
        return LiveHub(self.open, most_clients)
