"""The stream of changes as a client gets it; what changes is what a test says."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from functions.dashboard.application import DashboardFunction
from functions.dashboard.live.mailbox import MOST_BYTES
from functions.dashboard.routes import events as route
from shared.settings import DashboardSettings
from tests.support.event_stream import Event, streamed
from tests.support.live_feed import FakeSource, device
from tests.unit.functions.dashboard.conftest import NoDatabase

Send = Callable[..., httpx.Response]


def dashboard(source: FakeSource, clients: int = 1_000, seconds: int = 50) -> DashboardFunction:
    settings = DashboardSettings(events_max_clients=clients, events_seconds=seconds)
    function = DashboardFunction(NoDatabase(), 60, settings)
    served: Any = function.application
    function._live = served._routes.state.live = source.hub(clients)
    return function


def test_a_client_is_told_to_read_its_view_and_then_of_what_changes() -> None:
    async def run() -> tuple[int, dict[str, str], list[Event], str]:
        source = FakeSource()
        function = dashboard(source)
        async with streamed(function.application, "/events") as stream:
            await stream.until("refetch")
            source.feeds[0].tell(1_001, device("a"))
            told = await stream.until("device")
        await function.close()
        return stream.status, stream.headers, told, stream.last_id

    status, headers, told, last_id = asyncio.run(run())

    assert status == HTTPStatus.OK
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert headers["cache-control"] == "no-store"
    assert told == [Event("refetch", '{"position":"1000.0"}'), Event("device", '"a"')]
    assert last_id == "1001.1"


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/events", {"Last-Event-ID": "1001.1"}),
        ("/events?after=1001.1", {}),
        ("/events?after=7.7", {"Last-Event-ID": "1001.1"}),
        ("/v1/events?after=1001.1", {}),
    ],
)
def test_a_client_that_comes_back_goes_on_where_it_was(path: str, headers: dict[str, str]) -> None:
    async def run() -> list[str]:
        source = FakeSource()
        function = dashboard(source)
        async with streamed(function.application, "/events?types=alert") as other:
            await other.until("refetch")
            source.feeds[0].tell(1_001, device("a"))
            source.feeds[0].tell(1_002, device("b"))
            await asyncio.sleep(0.05)
            async with streamed(function.application, path, headers) as stream:
                told = await stream.until("device", 2)
        await function.close()
        return [one.name + one.data for one in told[1:]]

    assert asyncio.run(run()) == ['device"a"', 'device"b"']


def test_a_client_names_what_it_wants() -> None:
    async def run() -> list[str]:
        source = FakeSource()
        function = dashboard(source)
        path = "/events?types=device,window&device_id=b,c"
        async with streamed(function.application, path) as stream:
            await stream.until("refetch")
            source.feeds[0].tell(1_001, device("a", "b"))
            told = await stream.until("device")
        await function.close()
        return [one.data for one in told[1:]]

    assert asyncio.run(run()) == ['"b"']


def test_nothing_to_tell_keeps_the_connection_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route, "KEEP_ALIVE_S", 0.01)

    async def run() -> int:
        function = dashboard(FakeSource())
        async with streamed(function.application, "/events") as stream:
            await stream.until("refetch")
            await asyncio.sleep(0.1)
        await function.close()
        return stream.comments

    assert asyncio.run(run()) > 1


def test_a_stream_ends_by_itself_and_says_so() -> None:
    async def run() -> tuple[list[Event], int]:
        function = dashboard(FakeSource(), seconds=1)
        async with streamed(function.application, "/events") as stream:
            told = await stream.until_over()
        await function.close()
        return told, len(function._live._mailboxes)

    told, clients = asyncio.run(run())

    assert told[-1] == Event("end", "{}")
    assert clients == 0


def test_where_the_database_fails_the_stream_breaks_off() -> None:
    async def run() -> list[Event]:
        source = FakeSource()
        function = dashboard(source)
        async with streamed(function.application, "/events") as stream:
            await stream.until("refetch")
            source.feeds[0].fail()
            told = await stream.until_over()
        await function.close()
        return told

    assert [one.name for one in asyncio.run(run())] == ["refetch"]


def test_one_client_too_many_is_told_to_come_again() -> None:
    async def run() -> tuple[int, str, str]:
        function = dashboard(FakeSource(), clients=1)
        async with streamed(function.application, "/events") as stream:
            await stream.until("refetch")
            async with streamed(function.application, "/events") as other:
                await other.until_over()
        await function.close()
        return other.status, other.headers["retry-after"], other.headers["content-type"]

    assert asyncio.run(run()) == (503, "2", "application/problem+json")


def test_five_hundred_clients_of_one_instance_share_one_stream_and_one_read() -> None:
    async def run() -> tuple[int, int, int, int]:
        source = FakeSource()
        function = dashboard(source)
        clients = [streamed(function.application, "/events") for _ in range(500)]
        streams = [await client.__aenter__() for client in clients]
        await asyncio.gather(*(stream.until("refetch") for stream in streams))
        source.feeds[0].tell(1_001, device("a", "b"))
        await asyncio.gather(*(stream.until("device", 2) for stream in streams))
        for client in clients:
            await client.__aexit__(None, None, None)
        left = len(function._live._mailboxes)
        await function.close()
        told = sum(stream.named("device") for stream in streams)
        return len(source.feeds), len(source.feeds[0].reads), told, left

    assert asyncio.run(run()) == (1, 1, 1_000, 0)


def test_a_client_that_does_not_read_is_told_to_read_anew_and_others_wait_for_nothing() -> None:
    async def run() -> tuple[int, int, list[str]]:
        source = FakeSource()
        function = dashboard(source)
        names = frozenset().union(*(device(f"{n}-{'x' * 100}") for n in range(400)))
        async with (
            streamed(function.application, "/events") as slow,
            streamed(function.application, "/events") as quick,
        ):
            await asyncio.gather(slow.until("refetch"), quick.until("refetch"))
            slow.reads.clear()
            for second in range(1, 21):
                source.feeds[0].tell(1_000 + second, names)
                await quick.until("device", second * 400)
            mailboxes = list(function._live._mailboxes)
            waiting = max(box._bytes for box in mailboxes)
            slow.reads.set()
            told = await slow.until("refetch", 2)
        await function.close()
        return waiting, quick.named("device"), [one.name for one in told]

    waiting, quick, told = asyncio.run(run())

    assert waiting <= MOST_BYTES
    assert quick == 20 * 400
    assert len(told) < 20 * 400


@pytest.mark.parametrize(
    "query",
    ["types=", "types=reading", "types=device,", "device_id=a/b", "device_id=a,", "since=1",
     "types=device&types=alert", "device_id=" + ",".join(["d"] * 101)],
)  # fmt: skip
def test_what_cannot_be_told_is_refused(send: Send, query: str) -> None:
    assert send("GET", f"/events?{query}").status_code == HTTPStatus.UNPROCESSABLE_ENTITY


def test_where_the_database_is_away_a_client_is_told_to_come_again(send: Send) -> None:
    response = send("GET", "/events")

    assert (response.status_code, response.headers["retry-after"]) == (503, "2")


def test_head_gets_the_headers_and_no_stream(send: Send) -> None:
    response = send("HEAD", "/events")

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-type"].startswith("text/event-stream")


def test_how_long_a_client_looks_is_no_response_time() -> None:
    """The alert on slow responses would fire by it."""
    labels = {"route": "/events"}
    before = REGISTRY.get_sample_value("iot_dashboard_seconds_sum", labels) or 0

    async def run() -> None:
        function = dashboard(FakeSource(), seconds=1)
        async with streamed(function.application, "/events") as stream:
            await stream.until_over()
        await function.close()

    asyncio.run(run())

    after = REGISTRY.get_sample_value("iot_dashboard_seconds_sum", labels) or 0
    assert after - before < 0.5
