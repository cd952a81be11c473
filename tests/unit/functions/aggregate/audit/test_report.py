"""The report of an audit, and how an audit that is stopped says where it goes on."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.aggregate.audit import report as report_module
from functions.aggregate.audit.__main__ import main, run_audit
from functions.aggregate.audit.horizon import Horizon
from functions.aggregate.audit.report import Report
from functions.aggregate.audit.window_audit import Audited, Finding
from shared.outcomes import TemporaryError

START = datetime(2026, 1, 31, 12, tzinfo=UTC)
WIDTH = timedelta(minutes=1)
END = START + 10 * WIDTH
MOVES = Horizon(END, timedelta(0))
STANDS = Horizon(END, timedelta(hours=3), is_standing=True)
MISSING = Finding("missing", "missing  a/lux/60s", is_repaired=False)


def report_of(*audited: Audited, horizon: Horizon = MOVES, is_json: bool = True) -> Report:
    report = Report(is_json, START, END, WIDTH, horizon)
    report.begin()
    for one in audited:
        report.add(one)
    return report


def summary_of(report: Report, capsys: pytest.CaptureFixture[str]) -> tuple[int, Any]:
    code = report.end_with_summary(START)
    return code, json.loads(capsys.readouterr().out)


def test_it_counts_what_it_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    report = report_of(Audited(START, readings=3, views=2, findings=[MISSING]))

    code, summary = summary_of(report, capsys)

    assert code == 1
    assert (summary["windows"], summary["values"], summary["missing"]) == (1, 3, 1)


def test_a_window_that_retention_may_have_touched_counts_as_such(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, summary = summary_of(report_of(Audited(START, is_intact=False)), capsys)

    assert code == 0
    assert (summary["windows"], summary["not_intact"]) == (0, 1)


def test_a_horizon_that_stands_still_is_a_finding(capsys: pytest.CaptureFixture[str]) -> None:
    code, summary = summary_of(report_of(horizon=STANDS), capsys)

    assert code == 1
    assert (summary["horizon_stands_still"], summary["horizon_behind_s"]) == (True, 10_800)


def test_on_a_terminal_it_shows_how_far_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)

    report_of(Audited(START, findings=[MISSING]), is_json=False).end_with_summary(START)

    shown = capsys.readouterr()
    assert "2026-01-31T12:00:00.000Z  1 windows" in shown.err
    assert "missing  a/lux/60s" in shown.out


def test_elsewhere_it_says_so_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_module, "_PROGRESS_S", 0.0)

    report_of(Audited(START))

    assert capsys.readouterr().err.splitlines() == [
        "2026-01-31T12:00:00.000Z  1 windows, 0 values, 0 differences"
    ]


class StoppedAudit:
    """An audit whose database fails after one window."""

    async def windows(self, start: datetime, _end: datetime) -> AsyncIterator[Audited]:
        yield Audited(start)
        raise TemporaryError("audit", "the database: gone")


def test_an_audit_that_is_stopped_says_where_it_goes_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report = report_of()

    with pytest.raises(TemporaryError):
        asyncio.run(run_audit(StoppedAudit(), report))

    assert "it goes on with --from 2026-01-31T12:01:00.000Z" in capsys.readouterr().err


def test_a_database_that_does_not_respond_ends_it_with_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    away = {"MONGO_URL": "mongodb://127.0.0.1:9", "MONGO_TIMEOUT_MS": "100"}

    assert main([], away) == 1
    assert "stopped: audit: the database" in capsys.readouterr().err


def test_a_time_that_is_none_is_refused_with_an_example(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["--from", "yesterday"], {})

    assert "2026-01-31T12:00:00Z" in capsys.readouterr().err


def test_the_command_explains_itself(root: Path) -> None:
    command = [sys.executable, "-m", "functions.aggregate.audit", "--help"]

    ended = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)

    assert "--raw-is-complete" in ended.stdout
