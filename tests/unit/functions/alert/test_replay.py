"""An explanation is folded again by a command that needs no server."""

import io
from pathlib import Path

import pytest

from functions.alert.replay import main
from shared.alerts.bundle import Bundle, bundle_of
from tests.support.alert_examples import TOO_WARM, held, readings, rule
from tests.support.alert_oracle import at

BUNDLE = bundle_of("fridge-1", held(rule(TOO_WARM)), readings((0, 51), (5, 40)), at(60))


def written(folder: Path, text: str) -> str:
    file = folder / "bundle.json"
    file.write_text(text)
    return str(file)


def test_a_bundle_of_the_same_episodes_is_told_step_by_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([written(tmp_path, BUNDLE.model_dump_json())]) == 0

    assert capsys.readouterr().out.splitlines()[:-1] == [
        "r for fridge-1",
        "2026-01-31T00:00:00.000Z  reading id0 of 51.0: warning firing",
        "    warning fires at 2026-01-31T00:00:00.000Z: it is a breach",
        "2026-01-31T00:00:05.000Z  reading id1 of 40.0: warning ok",
        "    warning is over: 40 is clear",
    ]


def test_a_step_of_time_is_told_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    silent = rule(TOO_WARM, resolve_on_silence=True)
    bundle = bundle_of("fridge-1", held(silent), readings((0, 51)), at(100))

    assert main([written(tmp_path, bundle.model_dump_json())]) == 0

    assert "2026-01-31T00:01:40.000Z  time passes: warning ok" in capsys.readouterr().out


def test_without_an_alert_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quiet = bundle_of("fridge-1", held(rule(TOO_WARM)), [], None)

    assert main([written(tmp_path, quiet.model_dump_json())]) == 0

    assert capsys.readouterr().out.splitlines() == ["r for fridge-1", "no alert"]


def test_other_episodes_than_the_bundle_has_are_told_and_fail(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = bundle_of("fridge-1", held(rule(TOO_WARM)), readings((0, 52), (5, 40)), at(60))
    wrong = BUNDLE.model_copy(update={"episodes": other.episodes})

    assert main([written(tmp_path, wrong.model_dump_json())]) == 1

    told = capsys.readouterr().out.splitlines()
    assert "the episodes of the bundle are others:" in told
    assert "-  peak: 52.0" in told
    assert "+  peak: 51.0" in told


def test_a_bundle_may_come_by_the_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(BUNDLE.model_dump_json()))

    assert main(["-"]) == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[]", "is no bundle: "),
        ("{", "is no bundle: Invalid JSON"),
        (BUNDLE.model_dump_json().replace("51.0", '"hot"', 1), "is no bundle: readings.0.value: "),
    ],
)
def test_a_file_that_is_no_bundle_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, reason: str
) -> None:
    assert main([written(tmp_path, text)]) == 2

    assert reason in capsys.readouterr().err


def test_a_file_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["/nowhere/bundle.json"]) == 2

    assert "/nowhere/bundle.json: cannot be read: " in capsys.readouterr().err


def test_what_is_written_is_a_bundle() -> None:
    assert Bundle.model_validate_json(BUNDLE.model_dump_json()) == BUNDLE
