"""aggregate under the stock command: `functions-framework --target aggregate --source
functions/aggregate/main.py`.
"""

import os

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from functions.aggregate.app import make
from shared.serving.functions_framework import StockAdapter

_SKIN = StockAdapter(lambda: make(os.environ))


@functions_framework.aio.http
async def aggregate(request: Request) -> Response:
    return await _SKIN.respond(request)
