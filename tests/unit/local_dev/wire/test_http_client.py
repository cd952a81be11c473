"""How requests get to a sink, and what counts as no answer."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest

from local_dev.eventing.sink import UrlSink
from local_dev.servers.free_port import free_port
from local_dev.wire.event_request import EventRequest, TraceContext
from local_dev.wire.http_client import Address, ConnectionPool, NoResponseError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

OK = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"
HELD = b"held"
LATE = b"HTTP/1.1 500 X\r\ncontent-length: 0\r\n\r\n"
HEAD = b"POST / HTTP/1.1\r\nhost: a\r\n"


class StandIn:
    """A server that answers each request with the next of its answers, the last for ever.

    A request whose body is HELD is answered with LATE, once it `lets_go`.
    """

    def __init__(self, *answers: bytes | None, wait_s: float = 0) -> None:
        self.requests: list[bytes] = []
        self.lets_go = asyncio.Event()
        self.connections = 0
        self._answers = list(answers)
        self._wait_s = wait_s
        self._serving: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[Address]:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        try:
            yield Address("127.0.0.1", server.sockets[0].getsockname()[1])
        finally:
            server.close()
            for serving in self._serving:
                serving.cancel()
            await asyncio.gather(*self._serving, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.add(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while answer := await self._next_answer(reader):
                writer.write(answer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _next_answer(self, reader: asyncio.StreamReader) -> bytes | None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        length = int(head.rpartition(b"content-length: ")[2])
        body = await reader.readexactly(length)
        self.requests.append(head + body)
        if body == HELD:
            await self.lets_go.wait()
            return LATE
        await asyncio.sleep(self._wait_s)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def test_one_connection_carries_one_request_after_the_other() -> None:
    server = StandIn(OK)

    async def run() -> None:
        async with server.listening() as address:
            pool = ConnectionPool(address)
            await pool.send(HEAD, b"a", 5)
            await pool.send(HEAD, b"b", 5)
            pool.close()

    asyncio.run(run())

    assert server.connections == 1
    assert server.requests == [
        HEAD + b"content-length: 1\r\n\r\na",
        HEAD + b"content-length: 1\r\n\r\nb",
    ]


def test_requests_beyond_the_limit_wait_for_a_connection() -> None:
    server = StandIn(OK, wait_s=0.01)

    async def run() -> list[int]:
        async with server.listening() as address:
            pool = ConnectionPool(address, limit=2)
            answers = await asyncio.gather(*(pool.send(HEAD, b"", 5) for _ in range(7)))
            pool.close()
            return [answer.status for answer in answers]

    assert asyncio.run(run()) == [202] * 7
    assert server.connections == 2


@pytest.mark.parametrize(
    "answer", [None, b"rubbish\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"]
)
def test_a_broken_answer_is_no_answer(answer: bytes | None) -> None:
    server = StandIn(answer)

    async def run() -> None:
        async with server.listening() as address:
            await ConnectionPool(address).send(HEAD, b"", 0.2)

    with pytest.raises(NoResponseError):
        asyncio.run(run())


def test_an_answer_after_the_timeout_is_no_answer_and_the_next_request_is_not_mixed_up() -> None:
    server = StandIn(OK)

    async def run() -> int:
        async with server.listening() as address:
            pool = ConnectionPool(address)
            await pool.send(HEAD, b"", 5)  # the connection is there: nothing else takes time
            with pytest.raises(NoResponseError, match="within"):
                await pool.send(HEAD, HELD, 0.02)
            server.lets_go.set()
            answer = await pool.send(HEAD, b"", 5)
            pool.close()
            return answer.status

    assert asyncio.run(run()) == 202
    assert server.connections == 2


def test_a_port_where_nothing_listens_gives_no_answer() -> None:
    pool = ConnectionPool(Address("127.0.0.1", free_port()))

    with pytest.raises(NoResponseError):
        asyncio.run(pool.send(HEAD, b"", 1))


def test_a_request_carries_the_name_of_the_cluster_to_an_address_of_this_machine() -> None:
    server = StandIn(OK)

    async def run() -> None:
        async with server.listening() as address:
            sink = UrlSink(f"http://127.0.0.1:{address.port}/ns/x?a=1", "http://sink.ns/")
            await sink.send(EventRequest(b"ce-id: 7\r\n", b"x", TraceContext()), 5)
            sink.close()

    asyncio.run(run())

    assert server.requests == [
        b"POST /ns/x?a=1 HTTP/1.1\r\nhost: sink.ns\r\nce-id: 7\r\ncontent-length: 1\r\n\r\nx"
    ]


def test_see_other_is_followed_by_a_get_with_the_same_body() -> None:
    server = StandIn(
        b"HTTP/1.1 303 X\r\nlocation: /moved\r\ncontent-length: 0\r\n\r\n",
        OK,
    )

    async def run() -> int:
        async with server.listening() as address:
            sink = UrlSink(f"http://127.0.0.1:{address.port}/sink")
            answer = await sink.send(EventRequest(b"", b"x", TraceContext()), 5)
            sink.close()
            return answer.status

    assert asyncio.run(run()) == 202
    assert server.requests[1].startswith(b"GET /moved HTTP/1.1\r\n")
    assert server.requests[1].endswith(b"x")
