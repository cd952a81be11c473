"""dashboard under the stock command: `functions-framework --target dashboard --source
functions/dashboard/main.py`.
"""

import asyncio
import os

import functions_framework.aio
from starlette.requests import Request

from functions.dashboard.app import make
from shared.serving.application import ASGI, FunctionApplication

_OPENING = asyncio.Lock()
_opened: list[ASGI] = []


@functions_framework.aio.http  # type: ignore[arg-type]  # an ASGI application serves as response
async def dashboard(_request: Request) -> ASGI:
    """Give the application, which the framework calls as it would a response.

    Opened at the first request, since the command forks after it has imported this module.
    """
    async with _OPENING:
        if not _opened:
            function = make(os.environ)
            await function.open()
            _opened.append(FunctionApplication(function, function.application))
    return _opened[0]
