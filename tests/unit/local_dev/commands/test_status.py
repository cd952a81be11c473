"""What `local-dev/status` shows, and what `local-dev/reset` refuses."""

import io
import sys
from pathlib import Path
from typing import Any

import pytest

from local_dev.commands.command_line import run
from local_dev.commands.reset import reset
from local_dev.commands.status import dead_letters, tables
from local_dev.console import show
from local_dev.paths import Places
from local_dev.system.running_system import hold

STATUS: dict[str, Any] = {
    "servers": {
        "MongoDB": {"pid": 11, "running": True},
        "Apache Kafka": {"pid": 12, "running": False},
    },
    "sources": {
        "raw-to-alert": {
            "topic": "telemetry.raw",
            "lag": None,
            "in_flight": 2,
            "delivered": 1500,
            "retried": 4,
            "dead_lettered": 1,
            "dropped": 0,
        }
    },
    "functions": {
        "alert": {"port": 8004, "instances": 1, "in_flight": 2, "starts": 3, "idle_s": 0.4}
    },
    "dead_letters": {"open": 1, "redriven": 2},
}


def test_the_text_lays_out_sources_functions_and_dead_letters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show(*tables(STATUS))

    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "server               process",
        "MongoDB       runs        11",
        "Apache Kafka  ENDED       12",
        "",
        "source        topic          lag  in_flight  delivered  retried  dead_lettered  dropped",
        "raw-to-alert  telemetry.raw    -          2       1500        4              1        0",
        "",
        "function  port  instances  in_flight  starts  idle_s",
        "alert     8004          1          2       3       0",
        "",
        "dead letters: 1 open, 2 redriven",
    ]


def test_no_dead_letters_are_none() -> None:
    assert tables(STATUS | {"dead_letters": {}})[-1] == "dead letters: none"


def test_a_database_that_is_away_is_reported() -> None:
    counted = dead_letters("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100", "iotdb")

    assert counted == "the database does not respond: ServerSelectionTimeoutError"


def stored(tmp_path: Path) -> Path:
    file = tmp_path / "mongo" / "data" / "file"
    file.parent.mkdir(parents=True)
    file.touch()
    return file


def test_reset_removes_the_data(tmp_path: Path) -> None:
    file = stored(tmp_path)

    with pytest.raises(SystemExit, match="0"):
        run(reset, ["--yes", "--data", str(tmp_path)])

    assert not file.exists()


def test_reset_refuses_while_a_system_runs(tmp_path: Path) -> None:
    file = stored(tmp_path)

    with hold(Places(tmp_path)), pytest.raises(SystemExit, match="already runs"):
        run(reset, ["--yes", "--data", str(tmp_path)])

    assert file.exists()


def test_reset_without_a_terminal_wants_a_clear_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = stored(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.StringIO())

    with pytest.raises(SystemExit, match="say --yes"):
        run(reset, ["--data", str(tmp_path)])

    assert file.exists()
