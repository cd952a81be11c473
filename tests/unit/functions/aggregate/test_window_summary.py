"""The summary of a window's readings."""

import math
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.aggregate.window_summary import (
    Summary,
    ViewKey,
    fold,
    settled_until,
)
from shared.readings.windows import is_over, window_start_of
from tests.support.readings import NUMBERS, QUICK, TIMES

VALUES = st.lists(NUMBERS, min_size=1, max_size=40)
WIDTHS = st.integers(1, 86_400)
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def test_a_window_of_one_reading_says_its_value() -> None:
    assert fold([21.5]) == Summary(1, 21.5, 21.5, 21.5, 21.5, 21.5, 21.5)


def test_a_window_of_known_readings_says_what_a_person_works_out() -> None:
    found = fold([4.0, 1.0, 3.0, 2.0])

    assert (found.count, found.sum, found.min, found.max, found.average) == (4, 10.0, 1.0, 4.0, 2.5)
    assert found.p50 == 2.5
    assert found.p95 == pytest.approx(3.85)  # as numpy.quantile gives by default


def test_p95_of_101_steps_is_the_95th() -> None:
    found = fold([float(step) for step in range(101)])

    assert (found.p50, found.p95) == (50.0, 95.0)


@QUICK
@given(VALUES.flatmap(lambda values: st.tuples(st.just(values), st.permutations(values))))
def test_the_order_of_the_readings_does_not_matter(both: tuple[list[float], list[float]]) -> None:
    values, shuffled = both

    assert fold(values) == fold(shuffled)


@QUICK
@given(VALUES)
def test_average_and_quantiles_lie_between_min_and_max(values: list[float]) -> None:
    found = fold(values)

    assert found.min == min(values)
    assert found.max == max(values)
    assert found.min <= found.average <= found.max
    assert found.min <= found.p50 <= found.p95 <= found.max


@QUICK
@given(VALUES)
def test_the_sum_is_the_exact_one_rounded_once(values: list[float]) -> None:
    assert fold(values).sum == float(sum(map(Fraction, values)))


@QUICK
@given(NUMBERS, st.integers(1, 50))
def test_equal_readings_have_their_value_as_average_and_quantiles(value: float, count: int) -> None:
    found = fold([value] * count)

    assert (found.count, found.min, found.max) == (count, value, value)
    assert (found.average, found.p50, found.p95) == (value, value, value)


@QUICK
@given(st.lists(NUMBERS, min_size=2, max_size=40), st.sampled_from([0.5, 0.95]))
def test_a_quantile_has_its_share_of_the_readings_on_each_side(
    values: list[float], share: float
) -> None:
    found = fold(values)
    quantile = found.p50 if share < 0.9 else found.p95
    place = (len(values) - 1) * share

    assert sorted(values)[math.floor(place)] <= quantile <= sorted(values)[math.ceil(place)]


def test_values_at_the_edge_of_what_is_accepted_stay_finite() -> None:
    found = fold([1e100, -1e100, 1e100] * 10_000)

    assert all(map(math.isfinite, (found.sum, found.average, found.p50, found.p95)))


def test_small_values_are_not_lost_beside_large_ones() -> None:
    assert fold([1e100, 1.0, -1e100]).sum == 1.0


@QUICK
@given(TIMES, WIDTHS)
def test_a_time_lies_in_exactly_one_window(ts: datetime, width: int) -> None:
    start = window_start_of(ts, width)

    assert start <= ts < start + timedelta(seconds=width)
    assert window_start_of(start, width) == start
    assert int(start.timestamp()) % width == 0


def test_windows_are_half_open_to_the_microsecond() -> None:
    last = NOON - timedelta(microseconds=1)

    assert window_start_of(NOON, 60) == NOON
    assert window_start_of(last, 60) == NOON - timedelta(minutes=1)


def test_a_window_is_over_at_its_end_and_not_before() -> None:
    end = NOON + timedelta(seconds=60)

    assert is_over(NOON, 60, end)
    assert not is_over(NOON, 60, end - timedelta(microseconds=1))


@pytest.mark.parametrize(
    ("after", "settled"), [(4.999, 0), (5, 60), (64.999, 60), (65, 120), (-1, 0)]
)
def test_a_window_is_settled_a_grace_after_its_end(after: float, settled: int) -> None:
    clock = NOON + timedelta(seconds=60 + after)

    assert settled_until(clock, 60, 5) == NOON + timedelta(seconds=settled)


@QUICK
@given(TIMES, WIDTHS, st.integers(0, 3_600))
def test_what_is_settled_is_over(clock: datetime, width: int, grace: int) -> None:
    end = settled_until(clock, width, grace)

    assert is_over(end - timedelta(seconds=width), width, clock)


def test_a_view_is_named_by_device_sensor_and_window() -> None:
    key = ViewKey("greenhouse-1", "temperature_c", NOON, 60)

    assert key.view_id == "greenhouse-1/temperature_c/60s/2026-01-31T12:00:00.000Z"
