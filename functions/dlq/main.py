"""The entry of the stock command: functions-framework --target dlq --source THIS_FILE."""

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from functions.dlq.app import create
from shared.serving.functions_framework import StockAdapter

_ADAPTER = StockAdapter(create)


@functions_framework.aio.http
async def dlq(request: Request) -> Response:
    return await _ADAPTER.respond(request)
