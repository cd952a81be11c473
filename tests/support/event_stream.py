"""A client of server-sent events on an ASGI application, without a server."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from shared.serving.application import ASGI
from tests.support.asgi_client import Message

NONE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Event:
    """One event, as a browser dispatches it."""

    name: str
    data: str


@dataclass(slots=True)
class EventStream:
    """What a client has got; it reads nothing while `reads` is not set."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    last_id: str = ""
    events: list[Event] = field(default_factory=list)
    comments: int = 0
    is_over: bool = False
    reads: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _rest: str = ""

    async def until(self, name: str, times: int = 1) -> list[Event]:
        """Return all events once there are so many with this name."""
        async with asyncio.timeout(15), self._changed:
            await self._changed.wait_for(lambda: self.named(name) >= times)
        return self.events

    async def until_over(self) -> list[Event]:
        """Return all events once the stream has ended."""
        async with asyncio.timeout(15), self._changed:
            await self._changed.wait_for(lambda: self.is_over)
        return self.events

    def named(self, name: str) -> int:
        return sum(one.name == name for one in self.events)

    async def take(self, message: Message) -> None:
        """Take a message of the application, as fast as the client reads."""
        await self.reads.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {n.decode(): v.decode() for n, v in message["headers"]}
        else:
            self._parse(message.get("body", b"").decode())
            self.is_over = not message.get("more_body", False)
        async with self._changed:
            self._changed.notify_all()

    def _parse(self, text: str) -> None:
        *blocks, self._rest = (self._rest + text).split("\n\n")
        for block in blocks:
            fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
            self.comments += block.startswith(":")
            self.last_id = fields.get("id", self.last_id)
            if "data" in fields:
                self.events.append(Event(fields["event"], fields["data"]))


@asynccontextmanager
async def streamed(
    application: ASGI, path: str, headers: Mapping[str, str] = NONE, method: str = "GET"
) -> AsyncIterator[EventStream]:
    """Yield the stream of a client, which goes away in the end."""
    stream = EventStream()
    stream.reads.set()
    gone = asyncio.Event()
    bodies: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        if bodies:
            return bodies.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    scope = {
        "type": "http",
        "method": method,
        "path": path.partition("?")[0],
        "raw_path": path.partition("?")[0].encode(),
        "query_string": path.partition("?")[2].encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    request = asyncio.ensure_future(application(scope, receive, stream.take))
    try:
        yield stream
    finally:
        gone.set()
        stream.reads.set()
        async with asyncio.timeout(5):
            await request
