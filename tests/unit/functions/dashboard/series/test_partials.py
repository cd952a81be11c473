"""Points are exact: how windows are grouped, and in what order they come, changes nothing."""

import math
from datetime import datetime, timedelta
from fractions import Fraction
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from functions.dashboard.series.partials import Partial, downsampled
from shared.exact_sum import exact_sum
from shared.readings.identity import EPOCH

MINUTE = timedelta(minutes=1)
values = st.floats(-1e100, 1e100)
steps = st.integers(1, 50)


@st.composite
def windows(draw: st.DrawFn) -> list[Partial]:
    minutes = draw(st.lists(st.integers(-100, 300), unique=True, max_size=40))
    return [window(minute, draw(st.lists(values, min_size=1, max_size=4))) for minute in minutes]


def window(minute: int, some: list[float]) -> Partial:
    start = EPOCH + minute * MINUTE
    return Partial(start, len(some), min(some), max(some), exact_sum([math.fsum(some)]))


@given(windows(), steps, steps)
def test_a_downsampling_of_a_downsampling_equals_one(
    some: list[Partial], fine: int, factor: int
) -> None:
    coarse = fine * factor * MINUTE

    assert downsampled(downsampled(some, fine * MINUTE), coarse) == downsampled(some, coarse)


@given(windows(), steps, st.integers(-3, 10))
def test_ranges_that_meet_at_the_edge_of_a_step_give_what_the_whole_gives(
    some: list[Partial], minutes: int, edge: int
) -> None:
    step = minutes * MINUTE
    middle = EPOCH + edge * step

    early = [one for one in some if one.start < middle]
    late = [one for one in some if one.start >= middle]

    assert downsampled(early, step) + downsampled(late, step) == downsampled(some, step)


@given(windows(), steps, st.randoms(use_true_random=False))
def test_the_order_of_windows_does_not_matter(
    some: list[Partial], minutes: int, random: Random
) -> None:
    mixed = list(some)
    random.shuffle(mixed)

    assert downsampled(mixed, minutes * MINUTE) == downsampled(some, minutes * MINUTE)


@given(windows(), steps)
def test_no_value_is_lost_or_counted_twice(some: list[Partial], minutes: int) -> None:
    found = downsampled(some, minutes * MINUTE)

    assert sum(one.count for one in found) == sum(one.count for one in some)
    assert sum(exact(one) for one in found) == sum(exact(one) for one in some)
    assert {one.start for one in found} == {start_of(one, minutes * MINUTE) for one in some}


@given(windows(), steps)
def test_an_average_lies_between_the_least_and_the_greatest_value(
    some: list[Partial], minutes: int
) -> None:
    found = downsampled(some, minutes * MINUTE)

    assert all(one.min <= one.average <= one.max for one in found)


@given(st.lists(values, max_size=30))
def test_a_sum_is_exact_and_its_first_part_is_the_nearest_float(some: list[float]) -> None:
    total = exact_sum(some)

    assert sum(map(Fraction, total)) == sum(map(Fraction, some))
    assert total[0] == math.fsum(some)


def test_a_window_weighs_by_its_count() -> None:
    (point,) = downsampled([window(0, [10.0]), window(1, [40.0, 40.0, 40.0])], 5 * MINUTE)

    assert (point.count, point.min, point.average, point.max) == (4, 10.0, 32.5, 40.0)


def test_steps_are_counted_from_1970() -> None:
    found = downsampled([window(6, [1.0]), window(7, [1.0]), window(14, [1.0])], 7 * MINUTE)

    assert [one.start for one in found] == [EPOCH, EPOCH + 7 * MINUTE, EPOCH + 14 * MINUTE]


def test_of_no_window_there_is_no_point() -> None:
    assert downsampled([], MINUTE) == []


def exact(one: Partial) -> Fraction:
    return sum(map(Fraction, one.total), Fraction(0))


def start_of(one: Partial, step: timedelta) -> datetime:
    return EPOCH + math.floor((one.start - EPOCH) / step) * step
