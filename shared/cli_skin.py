"""How does a function run under the stock `functions-framework` command? Opened at its first
request, since the command forks after it has imported the module. Each `main.py` makes one of
these.
"""

import asyncio
import json
from collections.abc import Callable

from cloudevents.http import CloudEvent as FrameworkEvent
from starlette.exceptions import HTTPException
from starlette.requests import Request as FrameworkRequest
from starlette.responses import Response

from shared.http import Answer, Request
from shared.serving import MAX_BODY, AnsweringFunction, own_answer

_FIRST_ERROR = 400


class CliSkin:
    """One function of the framework: answers the same as the deployed process, by the same code."""

    def __init__(self, make: Callable[[], AnsweringFunction]) -> None:
        self._make = make
        self._function: AnsweringFunction | None = None
        self._opening = asyncio.Lock()

    async def respond(self, request: FrameworkRequest) -> Response:
        """Answer a request, health and metrics among them."""
        function = await self._opened()
        accept = request.headers.get("accept", "")
        answer = own_answer(function, request.method, request.url.path, accept)
        if answer is None:
            body = await request.body()
            if len(body) > MAX_BODY:
                return Response("the body may have at most 1 MiB", 413)
            headers = request.scope["headers"]
            answer = await function.answer(Request(request.method, request.url.path, headers, body))
        return _response(answer)

    async def take(self, event: FrameworkEvent) -> None:
        """Handle an event; raises HTTPException with the status of any outcome but success."""
        function = await self._opened()
        answer = await function.answer(_request(event))
        if answer.status >= _FIRST_ERROR:
            headers = dict(answer.headers)
            raise HTTPException(answer.status, answer.body.decode(), headers)

    async def _opened(self) -> AnsweringFunction:
        async with self._opening:
            if self._function is None:
                function = self._make()
                await function.open()
                self._function = function
        return self._function


def _response(answer: Answer) -> Response:
    return Response(
        answer.body, answer.status, dict(answer.headers), media_type=answer.content_type
    )


def _request(event: FrameworkEvent) -> Request:
    attributes = dict(event.get_attributes())
    content_type = attributes.pop("datacontenttype", None)
    headers = [
        (f"ce-{name}".encode(), str(value).encode("latin-1", "replace"))
        for name, value in attributes.items()
    ]
    if content_type is not None:
        headers.append((b"content-type", str(content_type).encode("latin-1", "replace")))
    return Request("POST", "/", headers, _bytes(event.get_data()))


def _bytes(data: object) -> bytes:
    """Give the event's bytes back: the framework has parsed them where they were JSON."""
    if data is None:
        return b""
    if isinstance(data, bytes):
        return data
    if isinstance(data, str):
        return data.encode()
    return json.dumps(data).encode()
