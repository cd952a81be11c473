"""alert under the stock command: `functions-framework --target alert --source
functions/alert/main.py`.
"""

import os

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from functions.alert.__main__ import make
from shared.cli_skin import CliSkin

_SKIN = CliSkin(lambda: make(os.environ))


@functions_framework.aio.http
async def alert(request: Request) -> Response:
    return await _SKIN.respond(request)
