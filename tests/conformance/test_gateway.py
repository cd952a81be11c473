"""The public port of a function that may not run."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
from typing import TYPE_CHECKING, Any

import aiohttp
import psutil
import pytest
from yarl import URL

from local_dev.options import EVERY_ADDRESS
from local_dev.servers.free_port import free_port
from local_dev.serving.gateway import Gateway
from local_dev.serving.instance import FunctionInstance, Launch
from tests.support.eventing import until
from tests.support.serving import Scene

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


CLOSE = b"connection: close\r\n\r\n"


@contextlib.asynccontextmanager
async def opened(scene: Scene) -> AsyncIterator[int]:
    """Open the gateway of a running scene on a free port."""
    port = free_port()
    gateway = Gateway(scene.host, port)
    await gateway.open()
    try:
        yield port
    finally:
        await gateway.close()


async def exchanged(port: int, request: bytes) -> bytes:
    """Return all that comes back until the response is whole, or the connection closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    response = await reader.read()
    writer.close()
    return response


def responses_to(functions: Path, *requests: bytes) -> list[bytes]:
    async def run() -> list[bytes]:
        async with Scene(functions).running() as scene, opened(scene) as port:
            return [await exchanged(port, request) for request in requests]

    return asyncio.run(run())


def said_in(response: bytes) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(response.partition(b"\r\n\r\n")[2])
    return content


def test_a_request_is_passed_on_as_it_is_and_its_response_back(functions: Path) -> None:
    async def run() -> tuple[list[str], dict[str, Any]]:
        async with (
            Scene(functions).running() as scene,
            aiohttp.ClientSession() as client,
            opened(scene) as port,
        ):
            url = URL(f"http://127.0.0.1:{port}/a%20b?c=%2F", encoded=True)
            body = io.BytesIO(b"x" * 2_000_000)
            async with client.put(url, data=body, headers={"x-y": "1"}) as response:
                return response.headers.getall("x-said"), json.loads(await response.read())

    said_twice, said = asyncio.run(run())

    assert said_twice == ["a", "b"]
    assert said["request"] == "PUT /a%20b?c=%2F HTTP/1.1"
    assert said["headers"]["x-y"] == "1"
    assert len(said["body"]) == 2_000_000


@pytest.mark.parametrize(
    ("target", "path", "host"),
    [
        ("http://x:8002/stats?a=%2F", "/stats?a=%2F", "x:8002"),
        ("http://x:8002", "/", "x:8002"),
        ("HTTPS://x/y", "/y", "x"),
        ("http://x?a=1", "/?a=1", "x"),
        ("//x//y?a", "//x//y?a", "plain"),
        ("/../a/./b", "/../a/./b", "plain"),
        ("/a|{}", "/a|{}", "plain"),
    ],
)
def test_a_target_in_absolute_form_is_that_path_of_that_host(
    functions: Path, target: str, path: str, host: str
) -> None:
    request = f"GET {target} HTTP/1.1\r\nhost: plain\r\nconnection: close\r\n\r\n"

    (response,) = responses_to(functions, request.encode())

    said = said_in(response)
    assert (said["request"], said["headers"]["host"]) == (f"GET {path} HTTP/1.1", host)


@pytest.mark.parametrize(
    "start",
    [
        b"OPTIONS *",
        b"CONNECT x:80",
        b"GET /\xff",
        b"GET ?a=1",
        b"BREW /a",
        b"GET http://[::1/",
        b"GET ftp://x/y",
    ],
)
def test_a_target_that_is_no_path_is_400_without_a_traceback(
    functions: Path, start: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (response,) = responses_to(
        functions, start + b" HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    )

    assert response.split(b"\r\n")[0].endswith(b" 400 Bad Request")
    assert caplog.records == []


def test_bytes_of_a_header_that_are_no_utf_8_arrive_as_they_are(functions: Path) -> None:
    request = b"GET / HTTP/1.1\r\nhost: x\r\nx-a: K\xe4lte\r\nconnection: close\r\n\r\n"

    (response,) = responses_to(functions, request)

    assert said_in(response)["headers"]["x-a"] == "k\u00e4lte"  # the stand-in lower-cases


def test_a_client_that_waits_for_100_is_told_to_go_on(functions: Path) -> None:
    request = (
        b"POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\n"
        b"connection: close\r\n\r\nab"
    )

    (response,) = responses_to(functions, request)

    interim, _, rest = response.partition(b"\r\n\r\n")
    assert interim == b"HTTP/1.1 100 Continue"
    assert said_in(rest)["body"] == "ab"


def test_a_head_request_gets_the_head_alone(functions: Path) -> None:
    request = b"HEAD / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"

    responses = responses_to(functions, request, request)

    assert all(each.startswith(b"HTTP/1.1 200") for each in responses)
    assert all(each.endswith(b"\r\n\r\n") for each in responses)
    assert b"content-length: 0" not in responses[0].lower()


def test_clients_that_go_away_give_their_places_back_without_a_traceback(
    functions: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        async with Scene(functions, concurrency=5).running() as scene, opened(scene) as port:
            for body in ("sleep 30", "", "half a bo"):
                for _ in range(20):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    length = len(body) if body.startswith("sleep") else 20
                    head = f"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n"
                    writer.write((head + body).encode())
                    await writer.drain()
                    writer.transport.abort()
            await until(lambda: scene.host.status()["waiting"] == 0)
            await until(lambda: scene.host.status()["in_flight"] == 0)
            assert (await scene.said("hello"))["body"] == "hello"

    asyncio.run(run())

    assert caplog.records == []


def test_a_scrape_starts_no_function(functions: Path) -> None:
    """A cluster scrapes pods, past activator and queue-proxy: where there is none, none starts."""
    request = b"GET /metrics?a=1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"

    async def run() -> tuple[bytes, object]:
        async with Scene(functions).running() as scene, opened(scene) as port:
            response = await exchanged(port, request)
            await asyncio.sleep(0.5)
            return response, scene.host.status()["starts"]

    response, starts = asyncio.run(run())

    assert response.startswith(b"HTTP/1.1 503")
    assert b"no instance" in response
    assert starts == 0


def test_a_scrape_reaches_an_instance_and_does_not_hold_it_up(functions: Path) -> None:
    request = b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"

    async def run() -> list[bytes]:
        async with Scene(functions, idle_s=1).running() as scene, opened(scene) as port:
            await scene.said()
            responses = []
            while scene.host.status()["instances"]:
                responses.append(await exchanged(port, request))
                await asyncio.sleep(0.1)
            return responses

    responses = asyncio.run(asyncio.wait_for(run(), 20))

    assert said_in(responses[0])["request"] == "GET /metrics HTTP/1.1"


def test_a_scrape_is_answered_while_every_place_is_taken(functions: Path) -> None:
    request = b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"

    async def run() -> bytes:
        async with Scene(functions, concurrency=1).running() as scene, opened(scene) as port:
            await scene.said()
            busy = asyncio.create_task(scene.post("sleep 3"))
            await until(lambda: scene.host.status()["in_flight"] == 1)
            response = await asyncio.wait_for(exchanged(port, request), 2)
            busy.cancel()
            return response

    assert asyncio.run(run()).startswith(b"HTTP/1.1 200")


def test_an_address_that_is_not_loopback_is_opened_for_the_gateway(functions: Path) -> None:
    async def run() -> str:
        async with Scene(functions).running() as scene:
            port = free_port()
            gateway = Gateway(scene.host, port, EVERY_ADDRESS)
            await gateway.open()
            try:
                return listening_address(os.getpid(), port)
            finally:
                await gateway.close()

    assert asyncio.run(run()) == EVERY_ADDRESS


def test_an_instance_listens_at_the_address_of_its_launch_and_is_probed_there(
    functions: Path,
) -> None:
    async def run() -> str:
        launch = Launch("standin", functions, os.environ, "/health/ready", EVERY_ADDRESS)
        instance = await FunctionInstance.start(launch, free_port(), print)
        try:
            await instance.wait_until_ready()
            return listening_address(instance.pid, instance.port)
        finally:
            await instance.stop()

    assert asyncio.run(run()) == EVERY_ADDRESS


def listening_address(pid: int, port: int) -> str:
    connections = psutil.Process(pid).net_connections("tcp")
    (address,) = (
        each.laddr.ip
        for each in connections
        if each.status == psutil.CONN_LISTEN and each.laddr.port == port
    )
    return str(address)
