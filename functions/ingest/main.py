"""ingest under the stock command: `functions-framework --target ingest --source
functions/ingest/main.py`.
"""

import os

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from functions.ingest.app import make
from shared.serving.functions_framework import StockAdapter

_SKIN = StockAdapter(lambda: make(os.environ))


@functions_framework.aio.http
async def ingest(request: Request) -> Response:
    return await _SKIN.respond(request)
