"""A gap is where nothing came for longer than the sensor's own interval."""

from datetime import UTC, datetime, timedelta

import pytest

from functions.dashboard.series.gaps import interval_of, with_gaps
from functions.dashboard.series.partials import Partial

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def point(minute: int, count: int = 1) -> Partial:
    return Partial(NOON + minute * MINUTE, count, 1.0, 1.0, (float(count),))


def gaps(points: list[Partial], step: timedelta = MINUTE) -> list[float]:
    """Return the minutes at which there are gaps."""
    shown = with_gaps(points, step)
    return [(one - NOON) / MINUTE for one in shown if isinstance(one, datetime)]


@pytest.mark.parametrize(
    ("minutes", "count", "found"),
    [
        ([0, 1, 2, 3], 60, []),
        ([0, 1, 2, 4, 5], 60, [3]),  # a value each second: a minute without is a gap
        ([0, 1, 2, 4, 5], 1, []),  # one each minute: two of them may lie up to two minutes apart
        ([0, 1, 2, 5, 6], 1, [3]),
        ([0, 10, 20, 30], 1, []),  # one each ten minutes
        ([0, 10, 20, 40, 50], 1, [21]),
        ([0, 1, 3, 4, 6, 7], 1, []),  # one each 90 seconds
        ([0, 1, 2, 3, 100, 101, 200], 60, [4, 102]),
    ],
)
def test_silence_longer_than_the_interval_is_a_gap(
    minutes: list[int], count: int, found: list[float]
) -> None:
    assert gaps([point(minute, count) for minute in minutes]) == found


def test_an_empty_step_that_is_longer_than_the_interval_is_a_gap() -> None:
    hours = [0, 60, 120, 240, 300]

    assert gaps([point(at, 6) for at in hours], 60 * MINUTE) == [180]
    assert gaps([point(at, 1) for at in hours], 60 * MINUTE) == []


def test_all_points_are_shown_in_order_and_the_gap_between_them() -> None:
    points = [point(0, 60), point(1, 60), point(3, 60)]

    assert list(with_gaps(points, MINUTE)) == [*points[:2], NOON + 2 * MINUTE, points[2]]


@pytest.mark.parametrize("points", [[], [point(0)]])
def test_of_fewer_than_two_points_there_is_no_interval_and_no_gap(points: list[Partial]) -> None:
    assert interval_of(points) is None
    assert list(with_gaps(points, MINUTE)) == points


def test_the_interval_is_the_usual_time_between_two_values() -> None:
    some = [point(0, 6), point(1, 6), point(2, 1), point(50, 6), point(51, 6)]

    assert interval_of(some) == timedelta(seconds=10)
