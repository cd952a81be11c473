"""Server-sent events as they go over the wire, and which of them are for a client; pure.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from functions.dashboard.live.interest import Interest, Kind
from functions.dashboard.live.position import Position

RETRY_MS: Final = 1_000
KEEP_ALIVE: Final = b":\n\n"
BEGIN: Final = f"retry: {RETRY_MS}\n\n".encode()
END: Final = b"event: end\ndata: {}\n\n"


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """What is stored of a row after it changed, as JSON in one line."""

    kind: Kind
    device_id: str | None
    content: str

    @property
    def wire(self) -> str:
        return f"event: {self.kind}\ndata: {self.content}\n\n"


def told(events: Iterable[LiveEvent], interest: Interest, position: Position) -> bytes:
    """Return those events that are wanted, and where the client is after them; empty for none.

    The position comes last, by itself: a connection that breaks before it has missed nothing.
    """
    wires = [one.wire for one in events if interest.wants(one.kind, one.device_id)]
    return f"{''.join(wires)}id: {position}\n\n".encode() if wires else b""


def resumed(position: Position) -> bytes:
    """Return what tells a client that it goes on where it was."""
    return f'event: resumed\nid: {position}\ndata: {{"position":"{position}"}}\n\n'.encode()


def refetch(position: Position) -> bytes:
    """Return what tells a client that more has changed than it is told: it reads its view anew."""
    return f'event: refetch\nid: {position}\ndata: {{"position":"{position}"}}\n\n'.encode()
