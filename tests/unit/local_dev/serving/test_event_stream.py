"""Server-sent events reach a client of the gateway as they come."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession, web
from multidict import CIMultiDict

from local_dev.serving.event_stream import asks_for_events, pass_on_events
from local_dev.wire.http_client import Address, NoResponseError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

HEADERS = {"accept": "text/event-stream"}


def kept(headers: Mapping[str, str]) -> CIMultiDict[str]:
    left_out = ("transfer-encoding", "connection")
    return CIMultiDict((n, v) for n, v in headers.items() if n.lower() not in left_out)


@asynccontextmanager
async def served(handler: Handler) -> AsyncIterator[int]:
    runner = web.ServerRunner(web.Server(handler), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def events_for_ever(request: web.BaseRequest) -> web.StreamResponse:
    response = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await response.prepare(request)
    await response.write(b"data: " + request.raw_path.encode() + b"\n\n")
    await asyncio.sleep(60)
    return response


def gateway_to(port: int, timeout_s: float) -> Handler:
    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        address = Address("127.0.0.1", port)
        return await pass_on_events(request, address, request.raw_path, kept, timeout_s)

    return handler


def test_an_event_comes_while_the_stream_is_open() -> None:
    async def run() -> tuple[int, str, bytes]:
        async with (
            served(events_for_ever) as port,
            served(gateway_to(port, 30)) as front,
            ClientSession() as session,
            session.get(
                f"http://127.0.0.1:{front}/events?device_id=a,b", headers=HEADERS
            ) as response,
        ):
            first = await response.content.readuntil(b"\n\n")
            return response.status, response.headers["content-type"], first

    status, content_type, first = asyncio.run(run())

    assert (status, content_type) == (200, "text/event-stream")
    assert first == b"data: /events?device_id=a,b\n\n"


def test_a_stream_that_does_not_end_in_time_is_cut_off() -> None:
    async def run() -> bytes:
        async with (
            served(events_for_ever) as port,
            served(gateway_to(port, 0.2)) as front,
            ClientSession() as session,
            session.get(f"http://127.0.0.1:{front}/events", headers=HEADERS) as response,
        ):
            return await response.read()

    assert asyncio.run(run()) == b"data: /events\n\n"


@pytest.mark.parametrize(
    ("method", "accept", "asks"),
    [
        ("GET", "text/event-stream", True),
        ("HEAD", "text/event-stream", False),
        ("GET", "*/*", False),
    ],
)
def test_a_client_says_that_it_reads_events(method: str, accept: str, *, asks: bool) -> None:
    async def run() -> bool:
        asked: list[bool] = []

        async def note(request: web.BaseRequest) -> web.Response:
            asked.append(asks_for_events(request))
            return web.Response()

        async with (
            served(note) as port,
            ClientSession() as session,
            session.request(method, f"http://127.0.0.1:{port}/", headers={"accept": accept}),
        ):
            return asked[0]

    assert asyncio.run(run()) is asks


def test_where_no_instance_listens_there_is_no_response() -> None:
    async def run() -> int:
        async with served(events_for_ever) as port:
            free = port
        raised: list[BaseException] = []

        async def handler(request: web.BaseRequest) -> web.StreamResponse:
            try:
                return await gateway_to(free, 1)(request)
            except NoResponseError as error:
                raised.append(error)
                return web.Response(status=502)

        async with (
            served(handler) as front,
            ClientSession() as session,
            session.get(f"http://127.0.0.1:{front}/events", headers=HEADERS) as response,
        ):
            return response.status

    assert asyncio.run(run()) == 502
