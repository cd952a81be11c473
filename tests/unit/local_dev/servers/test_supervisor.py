"""Broker and database are watched: what ends by itself is named and started again."""

import asyncio
import contextlib
import os
from pathlib import Path

import pytest

from local_dev.servers import supervisor
from local_dev.servers.child_process import ChildProcess, ServerFailedError
from local_dev.servers.supervisor import BackingServices


class FakeServer:
    """A server whose every life but the last ends at once."""

    def __init__(self, folder: Path, lives: list[str]) -> None:
        self.process: ChildProcess | None = None
        self.starts = 0
        self._folder = folder
        self._lives = lives

    def start(self) -> None:
        command = ["/bin/sh", "-c", self._lives[self.starts]]
        self.starts += 1
        self.process = ChildProcess.start("it", command, self._folder / "log", os.environ)

    def wait_until_ready(self) -> None:
        pass

    def stop(self) -> None:
        assert self.process is not None
        self.process.stop(grace_s=5)


async def watched(server: FakeServer, said: list[str], seconds: float) -> BackingServices:
    services = BackingServices({"The database": server}, said.append)
    await services.start()
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await services.watch()
    finally:
        await services.stop()
    return services


@pytest.fixture(autouse=True)
def _watches_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "WATCH_S", 0.02)


def test_a_server_that_lives_is_left_alone(tmp_path: Path) -> None:
    server = FakeServer(tmp_path, ["sleep 60"])
    said: list[str] = []

    services = asyncio.run(watched(server, said, seconds=0.3))

    assert server.starts == 1
    assert services.deaths == 0
    assert said == []


def test_a_server_that_dies_is_named_with_its_signal_and_started_again(tmp_path: Path) -> None:
    server = FakeServer(tmp_path, ["kill -9 $$", "sleep 60"])
    said: list[str] = []

    services = asyncio.run(watched(server, said, seconds=0.5))

    assert server.starts == 2
    assert services.deaths == 1
    assert said == [
        f"The database ended (by signal SIGKILL); it is started again. Its log: {tmp_path / 'log'}",
        "The database answers again",
    ]


def test_a_server_that_dies_again_and_again_is_given_up(tmp_path: Path) -> None:
    server = FakeServer(tmp_path, ["exit 7"] * 9)

    with pytest.raises(ServerFailedError, match=r"\(with status 7\) again and again"):
        asyncio.run(watched(server, [], seconds=10))

    assert server.starts == 1 + supervisor.RESTARTS
