"""Keys that an issuer publishes: fetched once for all who wait, and kept while it is away."""

import asyncio
import urllib.error
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from shared.auth.published_keys import PAUSE_S, REFRESH_EVERY_S, PublishedKeys, fetch_text
from tests.support.credentials import SigningKey, key_set

URL = "https://login.example.org/keys"
KEYS = key_set(SigningKey("k1"))


class Clock:
    """A clock that stands until it is moved."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


class FakeIssuer:
    """An issuer that counts the requests for its keys, and can be away."""

    def __init__(self) -> None:
        self.requests = 0
        self.content = KEYS
        self.is_away = False

    def __call__(self, _url: str) -> str:
        self.requests += 1
        if self.is_away:
            raise ConnectionRefusedError("nobody listens")
        return self.content


def published(issuer: Callable[[str], str], clock: Clock) -> PublishedKeys:
    return PublishedKeys(URL, lambda: None, issuer, clock)


def test_keys_are_there_after_the_first_request() -> None:
    issuer, changes = FakeIssuer(), list[str]()
    keys = PublishedKeys(URL, lambda: changes.append("changed"), issuer, Clock())

    assert keys.is_due
    assert asyncio.run(keys.refresh())

    assert keys.keys is not None
    assert set(keys.keys.by_id) == {"k1"}
    assert (changes, keys.is_due) == (["changed"], False)


def test_who_comes_meanwhile_waits_for_the_same_request() -> None:
    issuer = FakeIssuer()
    keys = published(issuer, Clock())

    async def many() -> list[bool]:
        return await asyncio.gather(*(keys.refresh() for _ in range(20)))

    assert asyncio.run(many()) == [True] * 20
    assert issuer.requests == 1


@pytest.mark.parametrize("content", ["", "{}", '{"keys": []}'])
def test_keys_that_are_none_leave_the_last_good_ones(content: str) -> None:
    issuer, clock = FakeIssuer(), Clock()
    keys = published(issuer, clock)
    asyncio.run(keys.refresh())

    issuer.content, clock.now = content, clock.now + REFRESH_EVERY_S

    assert keys.is_due
    assert not asyncio.run(keys.refresh())
    assert keys.keys is not None
    assert set(keys.keys.by_id) == {"k1"}


def test_after_a_request_that_failed_nobody_waits_for_a_while() -> None:
    issuer, clock = FakeIssuer(), Clock()
    issuer.is_away = True
    keys = published(issuer, clock)

    outcomes = [asyncio.run(keys.refresh()) for _ in range(5)]
    clock.now += PAUSE_S
    issuer.is_away = False

    assert (outcomes, issuer.requests) == ([False] * 5, 1)
    assert asyncio.run(keys.refresh())
    assert issuer.requests == 2


def test_an_issuer_is_not_asked_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    issuer, clock = FakeIssuer(), Clock()
    keys = published(issuer, clock)
    asyncio.run(keys.refresh())
    waits: list[float] = []

    async def sleep(delay: float) -> None:
        waits.append(delay)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    asyncio.run(keys.refresh())

    assert waits == [PAUSE_S]


def test_a_request_under_way_can_be_given_up() -> None:
    issuer, clock = FakeIssuer(), Clock()
    keys = published(issuer, clock)

    async def given_up() -> None:
        await keys.refresh()
        waiting = asyncio.create_task(keys.refresh())
        await asyncio.sleep(0)
        await keys.close()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await keys.close()

    asyncio.run(given_up())

    assert issuer.requests == 1


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        is_moved = self.path == "/moved"
        self.send_response(302 if is_moved else 200)
        self.send_header("location", "/keys")
        self.end_headers()
        self.wfile.write(b"" if is_moved else KEYS.encode())

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def address() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_keys_are_fetched_over_http(address: str) -> None:
    assert fetch_text(f"{address}/keys") == KEYS


def test_a_redirect_is_not_followed(address: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        fetch_text(f"{address}/moved")

    assert refused.value.code == 302
    refused.value.close()
