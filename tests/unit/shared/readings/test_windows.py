from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.readings.identity import EPOCH
from shared.readings.windows import is_closed, is_over, window_start_of

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("horizon", "closed"),
    [
        (NOON + timedelta(seconds=60), True),
        (NOON + timedelta(seconds=59, milliseconds=999), False),
        (None, False),
    ],
)
def test_a_window_is_closed_once_the_horizon_reaches_its_end(
    horizon: datetime | None, *, closed: bool
) -> None:
    assert is_closed(NOON, 60, horizon) is closed


def test_a_window_is_over_at_its_end_and_not_before() -> None:
    end = NOON + timedelta(seconds=60)

    assert is_over(NOON, 60, end)
    assert not is_over(NOON, 60, end - timedelta(microseconds=1))


@given(
    st.integers(0, 2**47).map(lambda us: EPOCH + timedelta(microseconds=us)),
    st.integers(1, 86_400),
)
def test_a_window_begins_at_a_multiple_of_its_length_and_holds_the_time(
    ts: datetime, seconds: int
) -> None:
    start = window_start_of(ts, seconds)

    assert start.timestamp() % seconds == 0
    assert start <= ts < start + timedelta(seconds=seconds)
