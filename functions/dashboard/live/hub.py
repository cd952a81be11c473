"""One stream of changes for all clients of this instance: opened by the first, closed by the last.

A failure ends the clients' streams. They come back by themselves, with the position they had, and
the first of them opens the stream again: nothing here tries again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final, Protocol

from functions.dashboard.live.changed import Changed, History, plan
from functions.dashboard.live.events import LiveEvent, refetch, resumed, told
from functions.dashboard.live.interest import Change, Interest
from functions.dashboard.live.mailbox import Mailbox
from functions.dashboard.live.position import Position
from shared.outcomes import TemporaryError

PERIOD_S: Final = 0.25  # a row is told at most once in it, however often it changes
_LINGER: Final = 40  # periods without a client: one that comes back finds the stream open
# Others come back with positions a little before that of the first.
_MARGIN_S: Final = 10
_log = logging.getLogger(__name__)


class TooManyClients(Exception):  # noqa: N818 - an outcome, not a fault of ours
    """As many clients are connected as this instance takes."""


class Feed(Protocol):
    """An open stream of changes. All of it raises TemporaryError."""

    @property
    def start(self) -> Position: ...

    async def changed(self, within_s: float) -> Changed | None:
        """Return what changes within this time; None: nothing."""
        ...

    async def events(self, changes: Sequence[Change]) -> Sequence[LiveEvent]:
        """Return what is stored of these rows now."""
        ...

    async def close(self) -> None: ...


OpenFeed = Callable[[Position | None], Awaitable[Feed]]


class LiveHub:
    """The clients of one instance, and the stream that they share."""

    def __init__(self, open_feed: OpenFeed, most_clients: int) -> None:
        self._open_feed = open_feed
        self._most_clients = most_clients
        self._mailboxes: set[Mailbox] = set()
        self._opening = asyncio.Lock()
        self._feed: tuple[Feed, History] | None = None
        self._pump: asyncio.Task[None] | None = None

    async def join(self, interest: Interest, after: Position | None) -> Mailbox:
        """Return a mailbox that is filled from now on, with all that changed `after` a position.

        Raise TooManyClients, and TemporaryError where the stream cannot be opened.
        """
        if len(self._mailboxes) >= self._most_clients:
            raise TooManyClients
        mailbox = Mailbox(interest)
        self._mailboxes.add(mailbox)
        try:
            async with self._opening:
                feed, history = self._feed or await self._open(after)
            position = history.position
            mailbox.put(await _missed(feed, history, interest, after), position)
        except BaseException:
            self.leave(mailbox)
            raise
        return mailbox

    def leave(self, mailbox: Mailbox) -> None:
        """Forget a client."""
        self._mailboxes.discard(mailbox)

    async def close(self) -> None:
        """End all streams."""
        if self._pump is not None:
            self._pump.cancel()
            with suppress(asyncio.CancelledError):
                await self._pump

    async def _open(self, after: Position | None) -> tuple[Feed, History]:
        feed = await self._open_feed(None if after is None else after.earlier_by(_MARGIN_S))
        opened = self._feed = feed, History(feed.start)
        self._pump = asyncio.create_task(self._pass_on(*opened))
        return opened

    async def _pass_on(self, feed: Feed, history: History) -> None:
        alone = 0
        try:
            while alone < _LINGER:
                await self._pass_on_once(feed, history)
                alone = 0 if self._mailboxes else alone + 1
        except TemporaryError as outcome:
            _log.warning("the stream of changes ended", extra={"reason": str(outcome)})
        finally:
            self._feed = None
            for mailbox in self._mailboxes:
                mailbox.end()
            with suppress(TemporaryError):
                await feed.close()

    async def _pass_on_once(self, feed: Feed, history: History) -> None:
        changed = await feed.changed(PERIOD_S)
        if changed is None:
            return
        history.add(changed)
        changes, anew = plan(changed.changes, {one.interest for one in self._mailboxes})
        events = await feed.events(changes) if changes else ()
        for mailbox in self._mailboxes:
            text = told(events, mailbox.interest, changed.position)
            if mailbox.interest in anew:
                text = refetch(changed.position)
            if text:
                mailbox.put(text, changed.position)


async def _missed(
    feed: Feed, history: History, interest: Interest, after: Position | None
) -> bytes:
    """Return what a client that comes is told first."""
    missed = None if after is None else history.since(after)
    if missed is None or after is None:
        return refetch(history.position)
    position = max(after, history.position)  # one before it is still to be read
    changes, anew = plan(missed, [interest])
    if anew:
        return refetch(position)
    events = await feed.events(changes) if changes else ()
    return resumed(position) + told(events, interest, position)
