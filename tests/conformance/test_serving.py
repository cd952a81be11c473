"""What Knative Serving does for a function, done here: real processes, a stand-in function."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from yarl import URL

from local_dev.servers.free_port import free_port
from local_dev.serving.autoscaler import Autoscaler
from local_dev.serving.gateway import Gateway
from local_dev.serving.instance import Launch
from local_dev.system.function_sink import QUEUE_FULL, FunctionSink
from local_dev.wire.event_request import EventRequest, TraceContext
from local_dev.wire.http_client import NoResponseError
from local_dev.wire.http_parser import Response
from tests.support.manifests import a_service

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

STAND_IN = Path(__file__).with_name("stand_in_function.py")


class Scene:
    """A host for the stand-in function, and a bridge's way to it."""

    def __init__(self, root: Path, **limits: float) -> None:
        self.lines: list[str] = []
        service = a_service(
            "standin",
            concurrency=int(limits.get("concurrency", 10)),
            timeout_s=limits.get("timeout_s", 20),
            max_scale=int(limits.get("max_scale", 1)),
        )
        self.host = Autoscaler(
            service,
            Launch("standin", root, dict(os.environ), "/health/ready"),
            floor=int(limits.get("floor", 0)),
            idle_s=limits.get("idle_s", 60),
            first_port=None,
            on_line=self.lines.append,
        )
        self._sink = FunctionSink(self.host, "ns")

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Scene]:
        self.host.start()
        try:
            yield self
        finally:
            await self.host.stop()

    async def post(self, wish: str = "", timeout_s: float = 20) -> Response:
        return await self._sink.send(EventRequest(b"", wish.encode(), TraceContext()), timeout_s)

    async def said(self, wish: str = "") -> dict[str, Any]:
        content: dict[str, Any] = json.loads((await self.post(wish)).body)
        return content

    async def until_instances(self, number: int) -> None:
        async with asyncio.timeout(10):
            while self.host.status()["instances"] != number:  # noqa: ASYNC110 - it has no event
                await asyncio.sleep(0.02)


@pytest.fixture
def functions(tmp_path: Path) -> Path:
    folder = tmp_path / "functions"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()  # else the repository's own, on PYTHONPATH, is found
    shutil.copy(STAND_IN, folder / "__main__.py")
    return tmp_path


def test_the_first_event_starts_an_instance_and_is_answered(functions: Path) -> None:
    async def run() -> tuple[object, dict[str, Any], Scene]:
        async with Scene(functions).running() as scene:
            before = scene.host.status()["instances"]
            return before, await scene.said("hello"), scene

    before, said, scene = asyncio.run(run())

    assert before == 0
    assert said["body"] == "hello"
    assert said["headers"]["host"] == "standin.ns.svc.cluster.local"
    assert "up" in scene.lines


def test_an_instance_goes_after_the_idle_window_and_comes_back(functions: Path) -> None:
    async def run() -> tuple[int, int]:
        async with Scene(functions, idle_s=0.3).running() as scene:
            first = await scene.said()
            await scene.until_instances(0)
            second = await scene.said()
            return first["pid"], second["pid"]

    first, second = asyncio.run(run())

    assert first != second


def test_an_instance_of_the_floor_stays(functions: Path) -> None:
    async def run() -> object:
        async with Scene(functions, idle_s=0.1, floor=1).running() as scene:
            await scene.host.wait_until_ready()
            await asyncio.sleep(0.8)
            return scene.host.status()["instances"]

    assert asyncio.run(run()) == 1


def test_an_instance_never_has_more_requests_than_its_container_concurrency(
    functions: Path,
) -> None:
    async def run() -> list[dict[str, Any]]:
        async with Scene(functions, concurrency=2, max_scale=1).running() as scene:
            return await asyncio.gather(*(scene.said("sleep 0.05") for _ in range(7)))

    assert max(said["most_at_once"] for said in asyncio.run(run())) == 2


def test_more_requests_at_once_start_more_instances_up_to_the_limit(functions: Path) -> None:
    async def run() -> list[dict[str, Any]]:
        async with Scene(functions, concurrency=1, max_scale=2).running() as scene:
            return await asyncio.gather(*(scene.said("sleep 0.3") for _ in range(8)))

    assert len({said["pid"] for said in asyncio.run(run())}) == 2


def test_more_than_ten_waiting_requests_per_place_are_turned_away(functions: Path) -> None:
    async def run() -> list[Response]:
        async with Scene(functions, concurrency=1, max_scale=1).running() as scene:
            return await asyncio.gather(*(scene.post() for _ in range(13)))

    assert asyncio.run(run()).count(QUEUE_FULL) == 3


def test_a_killed_function_breaks_its_requests_off_and_starts_again_for_the_next(
    functions: Path,
) -> None:
    async def run() -> tuple[int, int]:
        async with Scene(functions).running() as scene:
            first = await scene.said()
            with pytest.raises(NoResponseError):
                await scene.post("die")
            await scene.until_instances(0)
            second = await scene.said()
            return first["pid"], second["pid"]

    first, second = asyncio.run(run())

    assert first != second


def test_an_answer_later_than_timeout_seconds_is_504(functions: Path) -> None:
    async def run() -> Response:
        async with Scene(functions, timeout_s=1).running() as scene:
            await scene.said()
            return await scene.post("sleep 5")

    assert asyncio.run(run()).status == 504


def test_an_answer_later_than_the_callers_timeout_is_no_answer(functions: Path) -> None:
    async def run() -> None:
        async with Scene(functions).running() as scene:
            await scene.said()
            await scene.post("sleep 5", timeout_s=0.1)

    with pytest.raises(NoResponseError, match="within"):
        asyncio.run(run())


def test_a_function_that_does_not_start_says_so(functions: Path) -> None:
    (functions / "functions" / "__main__.py").write_text("raise SystemExit(3)")

    async def run() -> Scene:
        async with Scene(functions).running() as scene:
            with pytest.raises(NoResponseError):
                await scene.post(timeout_s=1)
            return scene

    assert "standin ended with status 3 before it was ready" in asyncio.run(run()).lines


def test_stopping_leaves_no_process(functions: Path) -> None:
    async def run() -> int:
        async with Scene(functions).running() as scene:
            pid: int = (await scene.said())["pid"]
            return pid

    pid = asyncio.run(run())

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_front_door_passes_a_request_on_as_it_is_and_its_answer_back(functions: Path) -> None:
    port = free_port()

    async def run() -> tuple[list[str], dict[str, Any]]:
        async with Scene(functions).running() as scene, aiohttp.ClientSession() as client:
            door = Gateway(scene.host, port)
            await door.open()
            try:
                url = URL(f"http://127.0.0.1:{port}/a%20b?c=%2F", encoded=True)
                body = io.BytesIO(b"x" * 2_000_000)
                async with client.put(url, data=body, headers={"x-y": "1"}) as answer:
                    return answer.headers.getall("x-said"), json.loads(await answer.read())
            finally:
                await door.close()

    said_twice, said = asyncio.run(run())

    assert said_twice == ["a", "b"]
    assert said["request"] == "PUT /a%20b?c=%2F HTTP/1.1"
    assert said["headers"]["x-y"] == "1"
    assert len(said["body"]) == 2_000_000
