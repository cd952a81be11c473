"""aggregate under the stock command: `functions-framework --target aggregate --source
functions/aggregate/main.py`.
"""

import os

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from functions.aggregate.__main__ import make
from shared.cli_skin import CliSkin

_SKIN = CliSkin(lambda: make(os.environ))


@functions_framework.aio.http
async def aggregate(request: Request) -> Response:
    return await _SKIN.respond(request)
