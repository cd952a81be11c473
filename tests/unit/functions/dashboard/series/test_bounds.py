"""A request that costs too much is refused, and the parameter that makes it so is named."""

from datetime import UTC, datetime, timedelta

import pytest

from functions.dashboard.series.bounds import (
    MAX_POINTS,
    MAX_WINDOWS,
    Wanted,
    WrongRange,
    bounded_grid,
)
from shared.readings.identity import EPOCH

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def test_a_range_within_the_bounds_has_its_steps() -> None:
    grid = bounded_grid(Wanted(NOON, NOON + HOUR, 1000), MINUTE, 2, EPOCH)

    assert (grid.points, grid.step) == (60, MINUTE)


def test_a_step_that_is_given_is_taken() -> None:
    grid = bounded_grid(Wanted(NOON, NOON + HOUR, 2, step=10 * MINUTE), MINUTE, 1, EPOCH)

    assert (grid.points, grid.step) == (6, 10 * MINUTE)


@pytest.mark.parametrize("end", [NOON, NOON - HOUR])
def test_a_range_that_does_not_end_after_it_begins_is_refused(end: datetime) -> None:
    with pytest.raises(WrongRange, match="after `from`") as refused:
        bounded_grid(Wanted(NOON, end, 1000), MINUTE, 1, EPOCH)

    assert refused.value.parameter == "to"


def test_a_step_of_parts_of_windows_is_refused() -> None:
    wanted = Wanted(NOON, NOON + HOUR, 1000, step=timedelta(seconds=90))

    with pytest.raises(WrongRange, match="whole multiple of the window, 60s") as refused:
        bounded_grid(wanted, MINUTE, 1, EPOCH)

    assert refused.value.parameter == "step"


@pytest.mark.parametrize(("series", "most"), [(1, "34.7 days"), (100, "8.3 hours")])
def test_a_range_of_too_many_windows_is_refused_with_what_would_do(series: int, most: str) -> None:
    start = NOON - (MAX_WINDOWS // series + 1) * MINUTE

    with pytest.raises(WrongRange, match=f"at most {most}") as refused:
        bounded_grid(Wanted(start, NOON, 100), MINUTE, series, EPOCH)

    assert refused.value.parameter == "from"


@pytest.mark.parametrize(("step", "parameter"), [(None, "max_points"), (MINUTE, "step")])
def test_more_points_than_one_response_is_for_are_refused(
    step: timedelta | None, parameter: str
) -> None:
    start = NOON - (MAX_POINTS // 2 + 1) * MINUTE

    with pytest.raises(WrongRange, match="2 series of 10001 points") as refused:
        bounded_grid(Wanted(start, NOON, 11_000, step), MINUTE, 2, EPOCH)

    assert refused.value.parameter == parameter


def test_hours_count_as_one_each() -> None:
    wanted = Wanted(NOON - timedelta(days=400), NOON, 1_000)

    assert bounded_grid(wanted, MINUTE, 4, NOON - HOUR).step == 10 * HOUR
    with pytest.raises(WrongRange, match="576600 windows would be read"):
        bounded_grid(wanted, MINUTE, 1, EPOCH)
