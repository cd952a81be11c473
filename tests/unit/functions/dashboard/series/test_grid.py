"""The steps of a range: as many as are asked for at most, and the same for ranges that meet."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.dashboard.series.grid import Grid, fitting_grid, grid_of, whole_hours
from shared.readings.identity import EPOCH

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
moments = st.integers(0, 10**11).map(lambda ms: EPOCH + timedelta(milliseconds=ms))
spans = st.integers(1, 10**9).map(lambda ms: timedelta(milliseconds=ms))
widths = st.integers(1, 86_400).map(lambda seconds: timedelta(seconds=seconds))


@given(moments, spans, widths, st.integers(2, 2_000))
def test_steps_hold_the_range_and_are_no_more_than_asked_for(
    start: datetime, span: timedelta, width: timedelta, most: int
) -> None:
    grid = fitting_grid(start, start + span, width, most)

    assert grid.start <= start < grid.start + grid.step
    assert grid.end - grid.step < start + span <= grid.end
    assert 1 <= grid.points <= most


@given(moments, spans, widths, st.integers(2, 2_000))
def test_a_step_is_a_whole_multiple_of_the_window_and_begins_at_one(
    start: datetime, span: timedelta, width: timedelta, most: int
) -> None:
    grid = fitting_grid(start, start + span, width, most)

    assert grid.step % width == timedelta(0)
    assert (grid.start - EPOCH) % grid.step == timedelta(0)
    assert (grid.end - EPOCH) % grid.step == timedelta(0)


@given(moments, spans, spans, widths)
def test_ranges_that_meet_have_the_steps_of_the_whole(
    start: datetime, early: timedelta, late: timedelta, step: timedelta
) -> None:
    first = grid_of(start, start + early, step)
    second = grid_of(first.end, first.end + late, step)

    assert grid_of(start, first.end + late, step) == Grid(first.start, second.end, step)


def test_a_short_range_has_a_point_for_each_window() -> None:
    grid = fitting_grid(NOON, NOON + 60 * MINUTE, MINUTE, 1000)

    assert grid == Grid(NOON, NOON + 60 * MINUTE, MINUTE)


def test_a_long_range_has_the_finest_steps_that_are_few_enough() -> None:
    grid = fitting_grid(NOON, NOON + timedelta(days=1), MINUTE, 720)

    assert (grid.step, grid.points) == (2 * MINUTE, 720)


def test_a_range_that_begins_within_a_step_is_still_of_few_enough() -> None:
    grid = fitting_grid(NOON + MINUTE, NOON + 5 * MINUTE, MINUTE, 2)

    assert grid == Grid(NOON, NOON + 8 * MINUTE, 4 * MINUTE)


def test_steps_of_more_than_an_hour_are_of_whole_hours() -> None:
    grid = fitting_grid(NOON, NOON + timedelta(days=10), MINUTE, 100)

    assert grid.step == timedelta(hours=3)


def test_windows_that_make_no_hour_make_steps_of_their_own() -> None:
    grid = fitting_grid(NOON, NOON + timedelta(days=10), 7 * MINUTE, 100)

    assert grid.step == 21 * 7 * MINUTE


@pytest.mark.parametrize(
    ("start", "end", "step", "made", "whole"),
    [
        (0, 180, 60, 999, (0, 180)),
        (0, 180, 60, 120, (0, 120)),
        (0, 180, 60, 0, None),
        (30, 180, 60, 999, (60, 180)),
        (0, 180, 30, 999, None),
        (30, 90, 60, 999, None),
    ],
)
def test_steps_of_whole_hours_are_given_by_hours_as_far_as_there_are(
    start: int, end: int, step: int, made: int, whole: tuple[int, int] | None
) -> None:
    grid = Grid(NOON + start * MINUTE, NOON + end * MINUTE, step * MINUTE)

    found = whole_hours(grid, NOON + made * MINUTE)

    assert found == (whole and (NOON + whole[0] * MINUTE, NOON + whole[1] * MINUTE))
