"""dlq under the stock command: `functions-framework --target dlq --source
functions/dlq/main.py`.
"""

import os

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from functions.dlq.app import make
from functions.dlq.function import MAX_BODY
from shared.serving.functions_framework import StockAdapter

_SKIN = StockAdapter(lambda: make(os.environ), MAX_BODY)


@functions_framework.aio.http
async def dlq(request: Request) -> Response:
    return await _SKIN.respond(request)
