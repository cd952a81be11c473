"""What waits to be sent to one client: bounded, however slowly it reads."""

import asyncio
from collections import deque
from typing import Final

from functions.dashboard.live.events import refetch
from functions.dashboard.live.interest import Interest
from functions.dashboard.live.position import Position

MOST_BYTES: Final = 262_144


class Mailbox:
    """The texts for one client, oldest first. Used in one event loop."""

    def __init__(self, interest: Interest) -> None:
        self.interest = interest
        self.is_ended = False
        self._texts: deque[bytes] = deque()
        self._bytes = 0
        self._filled = asyncio.Event()

    def put(self, text: bytes, position: Position) -> None:
        """Add a text; where too much waits already, tell the client to read its view anew."""
        if self._texts and self._bytes + len(text) > MOST_BYTES:
            self._texts.clear()
            self._bytes = 0
            text = refetch(position)
        self._texts.append(text)
        self._bytes += len(text)
        self._filled.set()

    def end(self) -> None:
        """Let whoever takes know that nothing more comes."""
        self.is_ended = True
        self._filled.set()

    async def take(self, within_s: float) -> bytes:
        """Return all that waits; nothing where within this time nothing comes, or it is ended."""
        if not self._filled.is_set():
            try:
                async with asyncio.timeout(within_s):
                    await self._filled.wait()
            except TimeoutError:
                return b""
        text = b"".join(self._texts)
        self._texts.clear()
        self._bytes = 0
        if not self.is_ended:
            self._filled.clear()
        return text
