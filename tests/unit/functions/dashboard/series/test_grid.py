"""The steps of a range: as many as are asked for at most, and the same for ranges that meet."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from functions.dashboard.series.grid import Grid, fitting_grid, grid_of
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
