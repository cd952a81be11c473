"""How the stored alerts of a device differ from what its readings give."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.alert.audit.comparison import differences
from shared.readings.identity import EPOCH

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def alert(minutes: float = 0, **changes: Any) -> dict[str, Any]:
    started = NOON + timedelta(minutes=minutes)
    return {
        "device_id": "d",
        "rule_id": "hot",
        "started": started,
        "ended": started + timedelta(minutes=5),
        "opened_by": ["r1"],
        "peak": 60.0,
        "retracted_reason": None,
        "until": started,
    } | changes


def kinds(expected: list[Any], stored: list[Any], intact_from: datetime = EPOCH) -> list[str]:
    return [one.kind for one in differences(expected, stored, intact_from)]


def test_equal_alerts_do_not_differ_whatever_is_kept_beside_them() -> None:
    stored = alert(opened_by=("r1",), until=NOON + timedelta(days=1), version=7)

    assert kinds([alert()], [stored]) == []


def test_an_alert_that_was_taken_back_is_as_if_it_were_not_there() -> None:
    assert kinds([], [alert(retracted_reason="late_data")]) == []
    assert kinds([alert()], [alert(retracted_reason="late_data")]) == ["missing"]


def test_fields_that_differ_are_named() -> None:
    (one,) = differences([alert()], [alert(peak=61.0, ended=None)], EPOCH)

    assert one.fields == ("ended", "peak")
    assert one.sentence == "different  d  hot from 2026-01-31T12:00:00.000Z: ended, peak"


def test_two_that_start_at_one_time_are_told_apart_by_what_opened_them() -> None:
    pair = [alert(), alert(opened_by=["r2"])]

    assert kinds(pair, pair) == []
    assert kinds(pair, pair[:1]) == ["missing"]


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        (alert(3), []),  # the rest of the old one
        (alert(30), ["missing"]),
        (alert(3, rule_id="cold"), ["missing"]),
    ],
)
def test_what_retention_cut_is_left_alone(expected: dict[str, Any], found: list[str]) -> None:
    assert kinds([expected], [alert()], intact_from=NOON + timedelta(minutes=1)) == found


def test_all_that_follows_an_old_alert_that_goes_on_is_left_alone() -> None:
    assert kinds([alert(500)], [alert(ended=None)], NOON + timedelta(minutes=1)) == []
