"""What Knative Serving does for a function, done here: real processes, a stand-in function."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from local_dev.system.function_sink import QUEUE_FULL
from local_dev.wire.http_client import NoResponseError
from local_dev.wire.http_parser import Response
from tests.support.serving import Scene


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
