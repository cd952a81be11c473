from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from functions.dashboard.schemas.parameters import Ranged, RecentParameters, moment

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31T12:00:00Z",
        "2026-01-31t12:00:00z",
        "2026-01-31 12:00:00",
        "2026-01-31T12:00:00.000",
        "2026-01-31T14:00:00+02:00",
        "2026-01-31T14:00:00 02:00",  # a plus that was not escaped in the URL
        "2026-01-31T07:30:00-04:30",
    ],
)
def test_a_time_is_read_as_utc(text: str) -> None:
    assert moment(text) == NOON


@pytest.mark.parametrize(
    "text",
    ["", "now", "1769860800", "2026-01-31", "2026-02-30T12:00:00Z", "0001-01-01T00:00:00+14:00",
     "9999-12-31T23:59:59.9999Z", "2026-01-31T12:00:00Zjunk", "٢٠٢٦-01-31T12:00:00Z"],
)  # fmt: skip
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="RFC 3339"):
        moment(text)


@given(st.integers(0, 10**15).map(lambda us: NOON + timedelta(microseconds=us)))
def test_a_stored_time_is_at_or_after_the_rounded_time_just_when_after_the_exact(
    exact: datetime,
) -> None:
    """Stored times are whole milliseconds, so a range must not begin within one."""
    rounded = moment(exact.isoformat())

    assert rounded.microsecond % 1000 == 0
    assert 0 <= (rounded - exact).total_seconds() < 0.001


def test_a_range_that_ends_where_it_begins_is_refused() -> None:
    with pytest.raises(ValidationError, match="must be after `from`"):
        Ranged.model_validate({"from": "2026-01-31T12:00:00Z", "to": "2026-01-31T12:00:00Z"})


@pytest.mark.parametrize(
    ("within", "since"),
    [
        ("90s", datetime(2026, 1, 31, 11, 58, 30, tzinfo=UTC)),
        ("30m", datetime(2026, 1, 31, 11, 30, tzinfo=UTC)),
        ("24h", datetime(2026, 1, 30, 12, tzinfo=UTC)),
        ("7d", datetime(2026, 1, 24, 12, tzinfo=UTC)),
    ],
)
def test_recent_reaches_back_as_far_as_asked(within: str, since: datetime) -> None:
    assert RecentParameters(within=within).since(NOON) == since


def test_the_same_filters_bind_a_cursor_whatever_the_page_size() -> None:
    one = Ranged.model_validate({"from": "2026-01-31T12:00:00Z", "limit": 1})
    other = Ranged.model_validate({"from": "2026-01-31T13:00:00+01:00", "limit": 9, "cursor": "x"})

    assert one.filters == other.filters
