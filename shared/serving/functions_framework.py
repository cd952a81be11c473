"""The adapter of the stock `functions-framework` command: each main.py makes one.

The command forks after it has imported the module, so the application is created and opened at
its first request. The event functions too are registered for HTTP requests, not for the
framework's CloudEvents: its parser responds with 400 to what is no event, and hands on parsed
JSON where the event's own bytes are needed.
"""

import asyncio
import os
from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn_worker import UvicornWorker

from shared.serving.application import ASGI, FunctionApplication
from shared.serving.http_protocol import http_protocol
from shared.settings import ServerSettings, read


class StockAdapter:
    """One function of the framework: responds as the deployed process does, by the same code."""

    def __init__(self, create: Callable[[Mapping[str, str]], FunctionApplication]) -> None:
        # The command has no option for a server's limits; its worker class reads this one when it
        # starts, after the import of a main.py. (`--debug` runs another server, without them.)
        UvicornWorker.CONFIG_KWARGS["http"] = http_protocol(read(ServerSettings, os.environ))
        self._create = create
        self._application: FunctionApplication | None = None
        self._opening = asyncio.Lock()

    async def respond(self, _request: Request) -> Response:
        """Return the application as a response, which the framework calls as it would another."""
        async with self._opening:
            application = self._application or await self._opened()
        return _ApplicationResponse(application)

    async def _opened(self) -> FunctionApplication:
        application = self._create(os.environ)
        await application.open()
        self._application = application
        return application


class _ApplicationResponse(Response):
    """A response that an ASGI application sends."""

    def __init__(self, application: ASGI) -> None:
        super().__init__()
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._application(scope, receive, send)
