"""A moment can be written in the ways that people and tools write it, and each in one way only."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.dashboard.series.moments import moment_at, read_moment
from shared.readings.identity import EPOCH

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-01-31T12:00:00Z", NOON),
        ("2026-01-31 12:00:00", NOON),
        ("2026-01-31T14:00:00+02:00", NOON),
        ("2026-01-31T14:00:00 02:00", NOON),
        ("1769860800", NOON),
        ("1769860800.25", NOON + timedelta(milliseconds=250)),
        ("1769860800.0001", NOON + timedelta(milliseconds=1)),
        ("1769860800250", NOON + timedelta(milliseconds=250)),
        ("now", NOON),
        ("-6h", NOON - timedelta(hours=6)),
        ("now-90s", NOON - timedelta(seconds=90)),
        ("-7d", NOON - timedelta(days=7)),
        ("-99999d", EPOCH),
    ],
)
def test_a_moment_is_read_in_each_form(text: str, at: datetime) -> None:
    assert moment_at(read_moment(text), NOON) == at


@given(st.integers(10**11, 10**13))
def test_seconds_and_milliseconds_are_told_apart_by_magnitude(milliseconds: int) -> None:
    seconds, rest = divmod(milliseconds, 1000)

    assert read_moment(str(milliseconds)) == EPOCH + timedelta(milliseconds=milliseconds)
    assert read_moment(f"{seconds:09}.{rest:03}") == read_moment(str(milliseconds))


@pytest.mark.parametrize(
    "text",
    ["", "2026", "20260131", "6h", "-6", "-6w", "now+1h", "+6h", "yesterday", "-6h\n", "1e9",
     "176986080\u0660", "\0", "2026-13-01T00:00:00Z"],
)  # fmt: skip
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        read_moment(text)


@pytest.mark.parametrize(
    "text", ["1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z", "99999999999999", "99999999999"]
)
def test_a_moment_outside_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="from 1970 on"):
        read_moment(text)
