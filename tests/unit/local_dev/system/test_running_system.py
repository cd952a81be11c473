"""One system for one data folder, and the others can ask it."""

import asyncio
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from local_dev.paths import Places
from local_dev.servers.free_port import free_port
from local_dev.system.running_system import AlreadyRunningError, answering, ask, hold


def test_a_held_folder_is_refused_to_a_second_one_by_the_process_that_holds_it(
    tmp_path: Path,
) -> None:
    places = Places(tmp_path)

    with (
        hold(places),
        pytest.raises(AlreadyRunningError, match=f"process {os.getpid()}"),
        hold(places),
    ):
        pass


def test_a_folder_that_was_let_go_can_be_held_again(tmp_path: Path) -> None:
    with hold(Places(tmp_path)):
        pass

    with hold(Places(tmp_path)):
        pass


def test_two_folders_can_be_held_side_by_side(tmp_path: Path) -> None:
    with hold(Places(tmp_path / "one")), hold(Places(tmp_path / "two")):
        pass


def test_where_nothing_runs_there_is_no_answer(tmp_path: Path) -> None:
    assert ask(Places(tmp_path)) is None


def test_a_running_system_answers_with_its_state_and_status(tmp_path: Path) -> None:
    places = Places(tmp_path)
    places.run.mkdir()

    state, status = asyncio.run(asked_while_answering(places))

    assert state["ports"] == {"ingest": 8001}
    assert state["pid"] == os.getpid()
    assert status == {"sources": {"raw-to-alert": {"lag": 3}}}


def test_a_system_that_ended_does_not_answer_any_more(tmp_path: Path) -> None:
    places = Places(tmp_path)
    places.run.mkdir()
    asyncio.run(asked_while_answering(places))

    assert ask(places) is None


def test_the_state_that_a_killed_system_left_behind_is_no_answer(tmp_path: Path) -> None:
    places = Places(tmp_path)
    places.run.mkdir()
    (places.run / "state.json").write_text(json.dumps({"pid": 1, "status_port": free_port()}))

    assert ask(places) is None


def test_only_its_owner_can_read_the_addresses_with_the_databases_password(tmp_path: Path) -> None:
    places = Places(tmp_path)
    places.run.mkdir()

    async def mode_while_answering() -> int:
        async with answering(places, {"mongo_url": "mongodb://user:secret@host"}, dict):
            return (places.run / "state.json").stat().st_mode

    assert stat.filemode(asyncio.run(mode_while_answering())) == "-rw-------"


def test_whoever_connects_and_goes_away_leaves_no_traceback(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    places = Places(tmp_path)
    places.run.mkdir()
    large: dict[str, object] = {"pids": ["x" * 100] * 50_000}

    async def run() -> dict[str, Any]:
        async with answering(places, {}, lambda: large):
            port = json.loads((places.run / "state.json").read_text())["status_port"]
            for _ in range(20):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.transport.abort()
            asked = await asyncio.to_thread(ask, places)
        assert asked is not None
        return asked[1]

    assert asyncio.run(run()) == large
    assert caplog.records == []


async def asked_while_answering(places: Places) -> tuple[dict[str, Any], dict[str, Any]]:
    status: dict[str, object] = {"sources": {"raw-to-alert": {"lag": 3}}}
    async with answering(places, {"ports": {"ingest": 8001}}, lambda: status):
        asked = await asyncio.to_thread(ask, places)
    assert asked is not None
    return asked
