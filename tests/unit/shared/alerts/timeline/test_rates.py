"""Rules of change: how fast a value rises or falls, from one reading to the next."""

from typing import Any

import pytest

from shared.alerts.rules.rule import Level
from shared.alerts.timeline.fold import quiet_track, run
from tests.support.alert_examples import folded, held, only, readings, rule, seconds, spans
from tests.support.alert_oracle import at

RISE = rule(Level(name="warning", high=2), kind="rate", min_interval=seconds(2))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([(0, 0), (5, 10)], []),
        ([(0, 0), (5, 11)], [(5, 5, None)]),
        ([(0, 0), (5, 11), (10, 11)], [(5, 5, 10)]),
        ([(0, 0), (1, 100)], []),  # closer than min_interval
        ([(0, 0), (1, 100), (3, 101)], []),  # the change is that from the reading before
        ([(0, 0), (61, 1_000)], []),  # farther than max_gap
        ([(0, 0), (0, 100)], []),
    ],
)
def test_a_change_per_second_beyond_the_limit_is_a_breach(values: Any, expected: Any) -> None:
    assert spans(folded(RISE, *values)) == expected


def test_a_reading_that_comes_late_changes_the_rates_on_both_of_its_sides() -> None:
    without = folded(RISE, (0, 0), (10, 0))
    with_it = folded(RISE, (0, 0), (4, 50), (10, 0))

    assert (spans(without), spans(with_it)) == ([], [(4, 4, 10)])
    assert only(with_it).peak == 12.5


def test_two_readings_at_one_time_have_no_rate_whatever_the_least_distance() -> None:
    at_once = rule(Level(name="warning", high=2), kind="rate", min_interval=seconds(0))

    assert folded(at_once, (0, 0), (0, 100)).episodes == ()


def test_a_fold_from_a_reading_knows_what_that_said() -> None:
    start = quiet_track(held(RISE), (at(0), "id0"), value=0.0)

    found = run(held(RISE), start, readings((0, 0), (5, 11))[1:], None)

    assert spans(found) == [(5, 5, None)]
