"""What a developer reads of what the functions log."""

import pytest

from local_dev.console import Screen, as_sentence


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


def test_a_quiet_screen_leaves_the_functions_lines_out(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen(shows_functions=False)

    screen.function_says("alert", "hello")
    screen.say("MongoDB answers again")

    assert capsys.readouterr().out == "MongoDB answers again\n"
