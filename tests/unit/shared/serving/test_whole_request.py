"""Which requests reach a function whole, driven by ASGI messages."""

import asyncio
import dataclasses

import pytest

from shared.serving import whole_request
from shared.serving.application import ASGI
from shared.serving.cors import CorsPolicy
from shared.serving.held_bytes import MADE_OF_IT, HeldBytes
from shared.serving.http import HttpRequest, HttpResponse
from shared.serving.whole_request import http_application
from tests.support.asgi_client import Message, ask, body_messages, exchange

PAGES = CorsPolicy(frozenset({"https://app.example.org"}), ("POST",))
OF_A_PAGE = ("origin", "https://app.example.org")


@dataclasses.dataclass
class Echo:
    """Responds with the body it got."""

    name: str = "echo"
    calls: int = 0

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    def not_ready(self) -> str | None:
        return None

    async def respond(self, request: HttpRequest) -> HttpResponse:
        self.calls += 1
        return HttpResponse(200, request.body, "text/plain")


@pytest.mark.parametrize("parts", [[b"0123456789"], [b"01234", b"", b"56789"], [b""]])
def test_a_body_within_the_limit_arrives_whole(parts: list[bytes]) -> None:
    assert ask(http_application(Echo(), 10), "POST", "/", parts=parts).body == b"".join(parts)


@pytest.mark.parametrize(
    ("headers", "parts"),
    [
        ([("content-length", "11")], [b"01234567890"]),
        ([("content-length", "999999999999")], [b""]),
        ([], [b"01234567890"]),
        ([], [b"0123456789", b"0"]),
        ([], [b"0123456789", b"0", b"never read"]),
    ],
)
def test_a_body_beyond_the_limit_is_refused_with_or_without_its_length(
    headers: list[tuple[str, str]], parts: list[bytes]
) -> None:
    function = Echo()

    seen = ask(http_application(function, 10), "POST", "/", headers, parts)

    assert (seen.status, seen.json()["detail"]) == (413, "the body may have at most 10 bytes")
    assert seen.headers["connection"] == "close"
    assert function.calls == 0


def test_half_a_body_is_no_request() -> None:
    """A device that goes away while it sends must not leave half an event."""
    function = Echo()
    cut = [*body_messages([b"half", b"rest"])[:1], {"type": "http.disconnect"}]

    sent = asyncio.run(exchange(http_application(function, 10), "POST", "/", [], cut))

    assert (sent, function.calls) == ([], 0)


@pytest.mark.parametrize(
    ("headers", "sent", "read"),
    [
        ([], 15, 15),  # all is read, so that the sender reads the response
        ([("content-length", "15")], 15, 15),
        ([("content-length", "30")], 30, 30),
        ([("content-length", "31")], 31, 0),  # beyond the bound nothing is: it would take long
        ([], 40, 31),
        ([("content-length", "15"), ("expect", "100-continue")], 15, 0),  # nothing was sent yet
    ],
)
def test_a_body_beyond_the_limit_is_read_and_dropped_up_to_a_bound(
    monkeypatch: pytest.MonkeyPatch, headers: list[tuple[str, str]], sent: int, read: int
) -> None:
    monkeypatch.setattr(whole_request, "MAX_DROPPED", 20)
    messages = body_messages([b"x"] * sent)
    left = list(messages)

    responded = asyncio.run(received(headers, left))

    assert responded[0]["status"] == 413
    assert sent - len(left) == read


def test_a_sender_that_goes_away_while_its_body_is_dropped_gets_no_response() -> None:
    messages = [*body_messages([b"x" * 20, b"x"])[:1], {"type": "http.disconnect"}]

    assert asyncio.run(received([], messages)) == []


@pytest.mark.parametrize("body", [b"", b"x" * 11])
def test_each_response_can_be_read_by_pages_of_the_origins(body: bytes) -> None:
    application = http_application(Echo(), 10, PAGES)

    seen = ask(application, "POST", "/", [OF_A_PAGE], [body])

    assert seen.headers["access-control-allow-origin"] == OF_A_PAGE[1]


def test_without_origins_no_header_is_added() -> None:
    seen = ask(http_application(Echo(), 10), "POST", "/", [OF_A_PAGE], [b""])

    assert set(seen.headers) <= {"content-length", "content-type"}


async def received(headers: list[tuple[str, str]], waiting: list[Message]) -> list[Message]:
    """Give the waiting messages to the application as it takes them; return what it sends."""
    responded: list[Message] = []

    async def receive() -> Message:
        return waiting.pop(0)

    async def send(message: Message) -> None:
        responded.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }
    await http_application(Echo(), 10)(scope, receive, send)
    return responded


class Stalls(Echo):
    """Responds after a while."""

    async def respond(self, request: HttpRequest) -> HttpResponse:
        await asyncio.sleep(0.1)
        return await super().respond(request)


def posts(application: ASGI, *bodies: list[bytes], length: str | None = None) -> list[int]:
    """Post these at once; return the statuses."""
    headers = [] if length is None else [("content-length", length)]

    async def posted(parts: list[bytes]) -> int:
        sent = await exchange(application, "POST", "/", headers, body_messages(parts))
        return int(sent[0]["status"])

    async def all_posted() -> list[int]:
        return await asyncio.gather(*map(posted, bodies))

    return asyncio.run(all_posted())


@pytest.mark.parametrize("length", [None, "6"])
@pytest.mark.parametrize("parts", [[b"012345"], [b"012", b"345"], [b"01", b"2345", b""]])
def test_what_is_too_much_at_once_is_refused_and_its_body_dropped(
    length: str | None, parts: list[bytes]
) -> None:
    application = http_application(Stalls(), 10, held=HeldBytes(15 * MADE_OF_IT))

    assert posts(application, parts, parts, parts, length=length) == [200, 200, 503]


def test_what_has_its_response_is_held_no_longer() -> None:
    held = HeldBytes(10 * MADE_OF_IT)
    application = http_application(Stalls(), 10, held=held)

    for _ in range(3):
        assert posts(application, [b"0123456789"], [b"x"]) == [200, 503]
        assert held.free == 10 * MADE_OF_IT


def test_a_body_on_its_way_takes_its_own_bytes_and_a_whole_one_what_is_made_of_it() -> None:
    application = http_application(Echo(), 60, held=HeldBytes(100))

    async def statuses_beside_a_slow_body() -> list[int]:
        arrived = asyncio.Event()

        async def slow() -> Message:
            if not arrived.is_set():
                arrived.set()
                return {"type": "http.request", "body": b"x" * 50, "more_body": True}
            await asyncio.Event().wait()
            raise AssertionError

        async def dropped(_: Message) -> None: ...

        scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
        on_its_way = asyncio.ensure_future(application(scope, slow, dropped))
        await arrived.wait()
        sent = [
            await exchange(application, "POST", "/", [], body_messages([b"x" * size]))
            for size in (4, 5)
        ]
        on_its_way.cancel()
        return [message[0]["status"] for message in sent]

    assert asyncio.run(statuses_beside_a_slow_body()) == [200, 503]


def test_a_client_that_left_is_held_no_longer() -> None:
    held = HeldBytes(10)
    messages: list[Message] = [
        {"type": "http.request", "body": b"0123", "more_body": True},
        {"type": "http.disconnect"},
    ]

    asyncio.run(exchange(http_application(Echo(), 10, held=held), "POST", "/", [], messages))

    assert held.free == 10


def test_who_asks_whether_to_send_is_told_not_to_and_why() -> None:
    headers = [("content-length", "6"), ("expect", "100-continue")]

    seen = ask(
        http_application(Echo(), 10, held=HeldBytes(6 * MADE_OF_IT - 1)), "POST", "/", headers, []
    )

    assert (seen.status, seen.json()["reason"]) == (503, "overloaded")
    assert (seen.headers["retry-after"], seen.headers["connection"]) == ("2", "close")


def test_what_is_too_large_is_told_so_rather_than_to_try_again() -> None:
    application = http_application(Echo(), 10, held=HeldBytes(5))

    assert ask(application, "POST", "/", [("content-length", "11")], [b"0" * 11]).status == 413
