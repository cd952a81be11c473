"""A server that reads the body and responds: `python -m tests.bench.bare_server`.

It imports uvicorn and nothing else, so it runs with the packages of any function.
"""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import uvicorn

_Message = MutableMapping[str, Any]


async def bare(
    scope: _Message,
    receive: Callable[[], Awaitable[_Message]],
    send: Callable[[_Message], Awaitable[None]],
) -> None:
    """Read the body, respond 202."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 202, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})


def serve(application: Any) -> None:
    """Serve it on HOST and PORT until SIGTERM."""
    uvicorn.run(
        application,
        host=os.environ["HOST"],
        port=int(os.environ["PORT"]),
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    serve(bare)
