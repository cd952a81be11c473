"""The entry of the stock command: functions-framework --target alert --source THIS_FILE."""

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from functions.alert.app import create
from shared.serving.functions_framework import StockAdapter

_ADAPTER = StockAdapter(create)


@functions_framework.aio.http
async def alert(request: Request) -> Response:
    return await _ADAPTER.respond(request)
