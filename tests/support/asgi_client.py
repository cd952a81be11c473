"""A client of an ASGI application without a server. One request, all its messages."""

import asyncio
import json
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.serving.application import ASGI

Message = MutableMapping[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a client gets: the status, the headers by name, the body."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    application: ASGI,
    method: str,
    path: str,
    headers: Sequence[tuple[str, str]] = (),
    parts: Sequence[bytes] = (b"",),
) -> Seen:
    """Send one request, its body in `parts`, and give the answer."""
    sent = asyncio.run(exchange(application, method, path, headers, body_messages(parts)))
    start, *bodies = sent
    return Seen(
        start["status"],
        {name.decode(): value.decode() for name, value in start["headers"]},
        b"".join(message["body"] for message in bodies),
    )


async def exchange(
    application: ASGI,
    method: str,
    path: str,
    headers: Sequence[tuple[str, str]],
    incoming: Sequence[Message],
) -> list[Message]:
    """Give every message that the application sends for these incoming ones."""
    waiting = list(incoming)
    sent: list[Message] = []

    async def receive() -> Message:
        return waiting.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path.partition("?")[0],
        "query_string": path.partition("?")[2].encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }
    await application(scope, receive, send)
    return sent


def body_messages(parts: Sequence[bytes]) -> list[Message]:
    last = len(parts) - 1
    return [
        {"type": "http.request", "body": part, "more_body": place < last}
        for place, part in enumerate(parts)
    ]
