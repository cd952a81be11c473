"""The entry of the stock command: functions-framework --target aggregate --source THIS_FILE."""

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from functions.aggregate.app import create
from shared.serving.functions_framework import StockAdapter

_ADAPTER = StockAdapter(create)


@functions_framework.aio.http
async def aggregate(request: Request) -> Response:
    return await _ADAPTER.respond(request)
