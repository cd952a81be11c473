"""How does a function run under the stock `functions-framework` command? Opened at its first
request, since the command forks after it has imported the module. Each `main.py` makes one of
these.

The event functions too are registered for HTTP requests, not for the framework's CloudEvents: its
parser gives 400 for what is no event, and JSON parsed where the event's own bytes are needed.
"""

import asyncio
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from shared.serving.application import (
    MAX_BODY,
    HttpFunction,
    health_or_metrics,
    respond_to_whole_request,
)
from shared.serving.http import HttpResponse


class StockAdapter:
    """One function of the framework: answers the same as the deployed process, by the same code."""

    def __init__(self, make: Callable[[], HttpFunction], max_body: int = MAX_BODY) -> None:
        self._make = make
        self._max_body = max_body
        self._function: HttpFunction | None = None
        self._opening = asyncio.Lock()

    async def respond(self, request: Request) -> Response:
        """Respond to a request, health and metrics among them."""
        function = await self._opened()
        accept = request.headers.get("accept", "")
        answer = health_or_metrics(function, request.method, request.url.path, accept)
        if answer is None:
            answer = await respond_to_whole_request(
                function, request.scope, request.receive, self._max_body
            )
        return Response() if answer is None else _response(answer)  # None: nobody is there

    async def _opened(self) -> HttpFunction:
        async with self._opening:
            if self._function is None:
                function = self._make()
                await function.open()
                self._function = function
        return self._function


def _response(answer: HttpResponse) -> Response:
    headers = dict(answer.headers)
    if answer.body:
        headers["content-type"] = answer.content_type
    return Response(answer.body, answer.status, headers)
