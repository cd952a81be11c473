"""What a client gets on one connection: limits, and responses in the order of their requests."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvloop
from uvicorn.config import Config
from uvicorn.server import ServerState

from shared.serving.application import Receive, Scope, Send, send_response
from shared.serving.http import HttpResponse
from shared.serving.http_protocol import MAX_HEADER_BYTES, http_protocol
from shared.settings import ServerSettings

POST = b"POST /ingest HTTP/1.1\r\nhost: h\r\ncontent-length: 4\r\n\r\nbody"
GET = b"GET / HTTP/1.1\r\nhost: h\r\n\r\n"
FIRST_HALF = POST[:-2]
QUICKLY = ServerSettings().model_copy(update={"request_timeout_seconds": 0.2})


@dataclass
class Application:
    """Responds with the body, once `may_respond` is set; keeps what it took.

    With `begins_at_once` it begins its response before it has the request.
    """

    taken: list[bytes] = field(default_factory=list)
    may_respond: asyncio.Event = field(default_factory=asyncio.Event)
    begins_at_once: bool = False
    reads: bool = True

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        if not self.reads:
            await send_response(send, HttpResponse(200))
            return
        if self.begins_at_once:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message["body"]
            more = message["more_body"]
        self.taken.append(body)
        await self.may_respond.wait()
        await send_response(send, HttpResponse(200, body, "text/plain"))


@dataclass
class Client:
    """One connection to a server with an Application."""

    application: Application
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    port: int

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def rest(self) -> bytes:
        """Return all that the server sends until it closes."""
        async with asyncio.timeout(10):
            return await self.reader.read()

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()

    async def until(self, text: bytes) -> bytes:
        async with asyncio.timeout(10):
            return await self.reader.readuntil(text)


def talk(
    conversation: Callable[[Client], Awaitable[Any]],
    settings: ServerSettings | None = None,
    *,
    responds: bool = True,
) -> Any:
    """Hold the conversation on loopback and return what it returns."""

    async def held() -> Any:
        application = Application()
        if responds:
            application.may_respond.set()
        config = Config(application, log_config=None, lifespan="off")
        protocol, state = http_protocol(settings or ServerSettings()), ServerState()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: protocol(config=config, server_state=state, app_state={}), "127.0.0.1", 0
        )
        port = server.sockets[0].getsockname()[1]
        client = await connected(application, port)
        try:
            return await conversation(client)
        finally:
            await client.close()
            server.close()
            await asyncio.gather(*state.tasks, return_exceptions=True)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:  # what a process runs on
        return loop.run(held())


def statuses(sent: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", sent)]


@pytest.mark.parametrize("junk", [b"\0", b"\0" * 5_000, b"junk", b"}", b"\xff\r\n\r\n", b"GET\0"])
def test_a_complete_request_gets_its_response_whatever_follows_it(junk: bytes) -> None:
    async def conversation(client: Client) -> tuple[bytes, list[bytes]]:
        client.send(POST + junk)
        return await client.rest(), client.application.taken

    sent, taken = talk(conversation)

    assert (statuses(sent), taken) == ([200], [b"body"])
    assert b"connection: close" in sent


def test_junk_that_comes_while_the_request_is_handled_does_not_take_its_response() -> None:
    async def conversation(client: Client) -> bytes:
        client.send(POST)
        await taken_by(client, 1)
        client.send(b"\0")
        await asyncio.sleep(0.05)
        client.application.may_respond.set()
        return await client.rest()

    assert statuses(talk(conversation, responds=False)) == [200]


def test_every_complete_request_before_the_junk_gets_its_response() -> None:
    async def conversation(client: Client) -> tuple[bytes, list[bytes]]:
        client.send(POST + GET + POST + b"\0junk")
        return await client.rest(), client.application.taken

    sent, taken = talk(conversation)

    assert (statuses(sent), taken) == ([200, 200, 200], [b"body", b"", b"body"])


def test_a_request_that_breaks_off_behind_a_complete_one_is_not_taken() -> None:
    chunked = (
        b"POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\nno size\r\n"
    )

    async def conversation(client: Client) -> tuple[bytes, list[bytes]]:
        client.send(POST + chunked)
        await taken_by(client, 1)
        client.application.may_respond.set()
        return await client.rest(), client.application.taken

    sent, taken = talk(conversation, responds=False)

    assert (statuses(sent), taken) == ([200], [b"body"])


@pytest.mark.parametrize(
    "junk",
    [b"\0", b"junk junk\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n"],
)
def test_what_is_no_request_is_a_400_with_a_hint(junk: bytes) -> None:
    async def conversation(client: Client) -> bytes:
        client.send(junk)
        return await client.rest()

    sent = talk(conversation)

    assert statuses(sent) == [400]
    assert b"Content-Length was too small" in sent
    assert b"content-type: application/problem+json" in sent


@pytest.mark.parametrize("target", [b"http://h:x", b"http://h", b"\xc3\xbc", b"/\xff"])
def test_a_target_that_is_no_path_is_a_400(target: bytes) -> None:
    async def conversation(client: Client) -> bytes:
        client.send(b"GET " + target + b" HTTP/1.1\r\nhost: h\r\n\r\n")
        return await client.rest()

    assert statuses(talk(conversation)) == [400]


def test_the_end_of_a_body_whose_length_was_too_small_is_told_on_the_next_request() -> None:
    async def conversation(client: Client) -> bytes:
        client.send(POST)
        first = await client.until(b"body")
        client.send(b"}" + POST)
        return first + await client.rest()

    sent = talk(conversation)

    assert statuses(sent) == [200, 400]
    assert b"Content-Length was too small" in sent


@pytest.mark.parametrize("part", [FIRST_HALF, POST[:30], b"P", POST + FIRST_HALF, POST + POST[:30]])
def test_a_request_that_does_not_become_complete_is_a_408(part: bytes) -> None:
    async def conversation(client: Client) -> bytes:
        client.send(part)
        return await client.rest()

    sent = talk(conversation, QUICKLY)

    assert statuses(sent)[-1] == 408
    assert b"the request was not complete after 0.2 s" in sent


def test_a_request_that_trickles_is_a_408_too() -> None:
    async def conversation(client: Client) -> bytes:
        for place in range(13):
            client.send(POST[place : place + 1])
            await asyncio.sleep(0.02)
        return await client.rest()

    assert statuses(talk(conversation, QUICKLY)) == [408]


def test_a_silent_connection_is_closed_without_a_word() -> None:
    async def conversation(client: Client) -> bytes:
        return await client.rest()

    assert talk(conversation, QUICKLY) == b""


def test_empty_lines_do_not_hold_a_connection() -> None:
    async def conversation(client: Client) -> bytes:
        client.send(POST)
        first = await client.until(b"body")
        client.send(b"\r\n\r\n")
        return first + await client.rest()

    assert statuses(talk(conversation, QUICKLY)) == [200]


def test_a_request_that_is_late_does_not_take_the_response_of_the_one_before() -> None:
    async def conversation(client: Client) -> bytes:
        client.send(POST + FIRST_HALF)
        await asyncio.sleep(0.3)
        client.application.may_respond.set()
        return await client.rest()

    assert statuses(talk(conversation, QUICKLY, responds=False)) == [200]


def test_the_time_that_the_function_takes_is_not_the_sender_s() -> None:
    async def conversation(client: Client) -> bytes:
        client.send(POST)
        await asyncio.sleep(0.3)
        client.application.may_respond.set()
        return await client.until(b"body")

    assert statuses(talk(conversation, QUICKLY, responds=False)) == [200]


def test_a_request_that_stays_behind_its_own_response_ends_with_a_close() -> None:
    """A response that has begun cannot be followed by a 408."""

    async def conversation(client: Client) -> bytes:
        client.application.begins_at_once = True
        client.send(FIRST_HALF)
        return await client.rest()

    assert statuses(talk(conversation, QUICKLY)) == [200]


@pytest.mark.parametrize(
    ("part", "sent"), [(POST, [200]), (POST + FIRST_HALF, [200]), (FIRST_HALF, [])]
)
def test_a_client_that_sends_no_more_is_still_due_its_response(
    part: bytes, sent: list[int]
) -> None:
    """It may close its half of the connection behind its request."""

    async def conversation(client: Client) -> bytes:
        client.send(part)
        client.writer.write_eof()
        await asyncio.sleep(0.05)
        client.application.may_respond.set()
        return await client.rest()

    assert statuses(talk(conversation, responds=False)) == sent


@pytest.mark.parametrize("rest", [b"", b"d"])
def test_a_request_that_has_its_response_gets_no_second_one(rest: bytes) -> None:
    """Health and metrics do not wait for a body."""

    async def conversation(client: Client) -> bytes:
        client.application.reads = False
        client.send(FIRST_HALF)
        first = await client.until(b"\r\n\r\n")
        client.send(rest)
        return first + await client.rest()

    assert statuses(talk(conversation, QUICKLY)) == [200]


def test_a_connection_may_be_used_again_after_the_deadline() -> None:
    async def conversation(client: Client) -> bytes:
        client.send(POST)
        first = await client.until(b"body")
        await asyncio.sleep(0.3)
        client.send(POST)
        return first + await client.until(b"body")

    assert statuses(talk(conversation, QUICKLY)) == [200, 200]


HEAD = b"POST / HTTP/1.1\r\nhost: h\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("beginning", "repeated"),
    [
        (HEAD, b"x-a: " + b"a" * 1_000 + b"\r\n"),
        (HEAD + b"x: ", b"a" * 1_000),
        (b"POST /", b"a" * 1_000),
        (CHUNKED + b"1\r\na\r\n0\r\n", b"x-a: " + b"a" * 1_000 + b"\r\n"),
        (CHUNKED + b"1\r\na\r\n0\r\nx: ", b"a" * 1_000),
        (CHUNKED + b"1;", b"a" * 1_000),
    ],
    ids=["many headers", "one header", "target", "trailers", "one trailer", "chunk extension"],
)
def test_what_is_not_the_body_is_limited(beginning: bytes, repeated: bytes) -> None:
    async def conversation(client: Client) -> bytes:
        client.send(beginning)
        for _ in range(1_000):
            client.send(repeated)
        return await client.rest()

    assert statuses(talk(conversation)) == [431]


def test_headers_of_the_greatest_size_are_taken_and_no_larger_ones_in_one_piece() -> None:
    async def conversation(client: Client) -> bytes:
        head = b"GET / HTTP/1.1\r\nhost: h\r\nx: "
        client.send(head + b"a" * (MAX_HEADER_BYTES - 100) + b"\r\n\r\n")
        first = await client.until(b"\r\n\r\n")
        client.send(head + b"a" * MAX_HEADER_BYTES + b"\r\n\r\n")
        return first + await client.rest()

    assert statuses(talk(conversation)) == [200, 431]


def test_a_body_in_chunks_of_one_byte_is_taken() -> None:
    async def conversation(client: Client) -> list[bytes]:
        client.send(CHUNKED)
        for _ in range(50):
            client.send(b"1\r\na\r\n" * 4_000)
        client.send(b"0\r\n\r\n")
        await client.until(b"HTTP/1.1 200 OK\r\n")
        return client.application.taken

    assert [len(body) for body in talk(conversation)] == [200_000]


H2C = b"connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n"


@pytest.mark.parametrize("wish", [H2C, b"connection: upgrade\r\nupgrade: websocket\r\n"])
def test_a_wish_for_another_protocol_is_ignored_and_the_body_taken(wish: bytes) -> None:
    wishing = POST.replace(b"host: h\r\n", b"host: h\r\n" + wish)

    async def conversation(client: Client) -> tuple[bytes, list[bytes]]:
        client.send(wishing + wishing)
        await taken_by(client, 2)
        client.send(wishing[:90])
        await asyncio.sleep(0.02)
        client.send(wishing[90:] + GET.replace(b"host: h\r\n", b"host: h\r\n" + wish) + b"\0")
        return await client.rest(), client.application.taken

    sent, taken = talk(conversation)

    assert (statuses(sent), taken) == ([200] * 4, [b"body"] * 3 + [b""])


def test_a_wish_for_a_close_beside_another_protocol_is_kept() -> None:
    wish = b"connection: upgrade, close\r\nupgrade: h2c\r\n"

    async def conversation(client: Client) -> bytes:
        client.send(POST.replace(b"host: h\r\n", b"host: h\r\n" + wish))
        return await client.rest()

    assert b"connection: close" in talk(conversation)


def test_this_is_no_proxy() -> None:
    async def conversation(client: Client) -> bytes:
        client.send(b"CONNECT h:443 HTTP/1.1\r\nhost: h:443\r\n\r\n")
        return await client.rest()

    assert statuses(talk(conversation)) == [405]


def test_a_connection_too_many_takes_the_place_of_an_idle_one() -> None:
    async def conversation(client: Client) -> tuple[bytes, bytes]:
        client.send(POST)
        first = await client.until(b"body")
        second = await connected(client.application, client.port)
        second.send(POST)
        sent = await second.until(b"body")
        await second.close()
        return first + await client.rest(), sent

    first, second = talk(conversation, ServerSettings(max_connections=1))

    assert (statuses(first), statuses(second)) == ([200], [200])


def test_a_connection_too_many_is_a_503_where_all_are_busy() -> None:
    async def conversation(client: Client) -> bytes:
        client.send(FIRST_HALF)
        await asyncio.sleep(0.05)
        second = await connected(client.application, client.port)
        sent = await second.rest()
        await second.close()
        return sent

    sent = talk(conversation, ServerSettings(max_connections=1))

    assert statuses(sent) == [503]
    assert b"retry-after: 2" in sent


def test_a_sender_at_work_can_read_why_it_is_refused() -> None:
    """A close with bytes unread resets the connection, and takes the response along."""

    async def conversation(client: Client) -> bytes:
        client.send(b"\0" + b"x" * 500_000)
        await asyncio.sleep(0.2)
        client.send(b"x" * 100_000)
        await client.writer.drain()
        return await client.rest()

    assert statuses(talk(conversation)) == [400]


def test_a_refused_sender_is_not_read_for_ever() -> None:
    async def conversation(client: Client) -> None:
        client.send(b"\0")
        async with asyncio.timeout(10):
            while True:
                client.send(b"x" * 65_536)
                await client.writer.drain()

    with pytest.raises(ConnectionError):
        talk(conversation)


async def connected(application: Application, port: int) -> Client:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    return Client(application, reader, writer, port)


async def taken_by(client: Client, count: int) -> None:
    async with asyncio.timeout(5):
        while len(client.application.taken) < count:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.005)
