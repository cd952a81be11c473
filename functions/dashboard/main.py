"""The entry of the stock command: functions-framework --target dashboard --source THIS_FILE."""

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from functions.dashboard.app import create
from shared.serving.functions_framework import StockAdapter

_ADAPTER = StockAdapter(create)


@functions_framework.aio.http
async def dashboard(request: Request) -> Response:
    return await _ADAPTER.respond(request)
