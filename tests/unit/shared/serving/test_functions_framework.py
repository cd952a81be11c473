"""The adapter of the stock `functions-framework` command opens its function at a first request."""

import asyncio
from typing import Any

from starlette.requests import Request

from shared.serving.application import FunctionApplication
from shared.serving.functions_framework import StockAdapter

SCOPE = {"type": "http", "method": "GET", "path": "/health/live", "headers": []}


class Played:
    """A function without a server behind it."""

    name = "played"

    def __init__(self) -> None:
        self.opened = 0

    async def open(self) -> None:
        await asyncio.sleep(0.01)
        self.opened += 1

    async def close(self) -> None: ...

    def not_ready(self) -> str | None:
        return None


async def no_request(*_: Any) -> None:
    raise AssertionError("its health is all that is requested")


def adapter_of(function: Played) -> StockAdapter:
    return StockAdapter(lambda _: FunctionApplication(function, no_request))


async def status_of(entry: Any) -> int:
    """Call an entry as the framework does: a request in, a response out that sends itself."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    response = await entry(Request(SCOPE))
    await response(SCOPE, no_request, send)
    return int(sent[0]["status"])


def test_the_function_is_opened_once_by_the_first_of_the_requests() -> None:
    function = Played()
    adapter = adapter_of(function)

    async def three_at_once_and_one_later() -> list[int]:
        at_once = await asyncio.gather(*(status_of(adapter.respond) for _ in range(3)))
        return [*at_once, await status_of(adapter.respond)]

    assert asyncio.run(three_at_once_and_one_later()) == [200] * 4
    assert function.opened == 1
