"""What a developer reads while the system runs: lines, tables, progress."""

import dataclasses
import errno
import io
import sys
from pathlib import Path

import pytest

from local_dev.console import Screen, as_sentence, show, table, warning_of
from local_dev.options import USUAL_PORTS, UpOptions
from local_dev.paths import Places

OPTIONS = UpOptions(
    places=Places(Path("/data")),
    ports=USUAL_PORTS,
    keep_warm=False,
    instances=0,
    idle_s=60,
    only=None,
    demo_devices=0,
    quiet=False,
)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the captured output count as a terminal with colours."""
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)


def test_a_log_line_becomes_a_line_for_people() -> None:
    line = (
        '{"time": "2026-11-24T08:20:49.831+00:00", "level": "warning", "message": "rejected",'
        ' "function": "alert", "event_id": "0123", "reason": "ce-type: wrong"}'
    )

    assert as_sentence(line) == (
        "08:20:49.831 warning rejected  event_id=0123  reason=ce-type: wrong"
    )


@pytest.mark.parametrize("line", ["Traceback (most recent call last):", '{"a": 1}', "[1]", "7", ""])
def test_any_other_line_stays_as_it_is(line: str) -> None:
    assert as_sentence(line) == line


def test_lines_stand_under_the_name_of_their_function(capsys: pytest.CaptureFixture[str]) -> None:
    Screen(shows_functions=True).function_says("alert", "hello")

    assert capsys.readouterr().out == "alert     | hello\n"


@pytest.mark.usefixtures("terminal")
def test_in_a_terminal_the_name_has_a_colour(capsys: pytest.CaptureFixture[str]) -> None:
    Screen(shows_functions=True).function_says("alert", "hello")

    assert capsys.readouterr().out == "\x1b[33malert    \x1b[0m | hello\n"


@pytest.mark.usefixtures("terminal")
def test_under_no_color_it_has_none(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    Screen(shows_functions=True).function_says("alert", "hello")

    assert capsys.readouterr().out == "alert     | hello\n"


def test_a_quiet_screen_leaves_the_functions_lines_out(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen(shows_functions=False)

    screen.function_says("alert", "hello")
    screen.say("MongoDB answers again")

    assert capsys.readouterr().out == "MongoDB answers again\n"


def test_without_a_terminal_progress_is_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen(shows_functions=False)

    screen.progress("starting broker and database")
    screen.progress("starting the functions")
    screen.end_progress()

    assert capsys.readouterr().out == "starting broker and database\nstarting the functions\n"


def test_when_ready_one_table_has_every_address(capsys: pytest.CaptureFixture[str]) -> None:
    Screen(shows_functions=False).welcome(OPTIONS, "127.0.0.1:9092", seconds=4.2)

    out = capsys.readouterr().out
    assert out.startswith("\nready after 4.2 s\n")
    lines = [line.rstrip() for line in out.splitlines()]
    assert "send readings to     http://localhost:8001/ingest" in lines
    assert "database             127.0.0.1:27017" in lines
    assert "\x1b" not in out


def test_text_in_brackets_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    show("stored 2 times: ['id-1', 'id-2']", table(("[red]", "n"), [("[/]", 1), (":smile:", None)]))

    assert capsys.readouterr().out.split() == [
        *("stored", "2", "times:", "['id-1',", "'id-2']"),
        *("[red]", "n", "[/]", "1", ":smile:", "-"),
    ]


def test_a_terminal_that_is_gone_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(io.StringIO):
        def write(self, _text: str) -> int:
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(sys, "stdout", Gone())
    screen = Screen(shows_functions=True)

    screen.say("ending; once more to end at once")
    screen.function_says("alert", "hello")


def test_an_opened_system_says_what_it_opens_and_to_whom(
    capsys: pytest.CaptureFixture[str],
) -> None:
    opened = dataclasses.replace(OPTIONS, host="0.0.0.0")

    Screen(shows_functions=False).welcome(opened, "127.0.0.1:9092", 3.0)

    printed = capsys.readouterr().out
    warning = printed[printed.index("WARNING") :].splitlines()
    assert "everyone who can reach this machine" in warning[0]
    assert [line.split(":")[0] for line in warning[1:3]] == ["  port 8001", "  port 8002"]
    assert warning[3] == "All else stays on loopback."


def test_what_does_not_run_is_not_said_to_be_open() -> None:
    only = dataclasses.replace(OPTIONS, host="0.0.0.0", only=frozenset({"dashboard"}))

    assert "8001" not in warning_of(only)


def test_a_system_on_loopback_warns_of_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Screen(shows_functions=False).welcome(OPTIONS, "127.0.0.1:9092", 3.0)

    assert "WARNING" not in capsys.readouterr().out


def test_with_credentials_the_commands_to_try_have_tokens(
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = dataclasses.replace(OPTIONS, auth=True, host="0.0.0.0")

    Screen(shows_functions=False).welcome(options, "kafka:9092", 1.0, "device.t", "admin.t")

    printed = capsys.readouterr().out
    assert "-H 'authorization: Bearer device.t' \\\n" in printed
    assert "-H 'authorization: Bearer admin.t'" in printed
    assert "http://localhost:8002/login" in printed
    assert "WARNING" not in printed
