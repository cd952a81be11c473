"""Where a value lies for a level of a rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.alerts.rules.rule import Level, Zone, zone
from tests.support.readings import NUMBERS, QUICK

HIGH = Level(name="warning", high=30, clear_high=28)
LOW = Level(name="warning", low=10, clear_low=12)
BAND = Level(name="warning", low=10, clear_low=12, high=30, clear_high=28)


@pytest.mark.parametrize(
    ("level", "value", "expected"),
    [
        (HIGH, 30.1, Zone.BREACH),
        (HIGH, 30, Zone.DEAD_BAND),
        (HIGH, 28.1, Zone.DEAD_BAND),
        (HIGH, 28, Zone.CLEAR),
        (HIGH, -1e100, Zone.CLEAR),
        (LOW, 9.9, Zone.BREACH),
        (LOW, 10, Zone.DEAD_BAND),
        (LOW, 11.9, Zone.DEAD_BAND),
        (LOW, 12, Zone.CLEAR),
        (BAND, 31, Zone.BREACH),
        (BAND, 9, Zone.BREACH),
        (BAND, 29, Zone.DEAD_BAND),
        (BAND, 11, Zone.DEAD_BAND),
        (BAND, 12, Zone.CLEAR),
        (BAND, 28, Zone.CLEAR),
    ],
)
def test_a_value_breaks_a_limit_or_is_clear_or_is_between_the_two(
    level: Level, value: float, expected: Zone
) -> None:
    assert zone(level, value) is expected


@QUICK
@given(NUMBERS, NUMBERS)
def test_without_hysteresis_a_value_is_clear_as_soon_as_it_is_no_breach(
    limit: float, value: float
) -> None:
    stated = Level(name="warning", high=limit, clear_high=limit)

    assert zone(stated, value) is (Zone.BREACH if value > limit else Zone.CLEAR)
    assert zone(stated, value) is zone(Level(name="warning", high=limit), value)


@QUICK
@given(st.lists(NUMBERS, min_size=2, max_size=2).map(sorted), NUMBERS)
def test_low_is_the_mirror_image_of_high(bounds: list[float], value: float) -> None:
    clear, limit = bounds
    high = Level(name="warning", high=limit, clear_high=clear)
    low = Level(name="warning", low=-limit, clear_low=-clear)

    assert zone(low, -value) is zone(high, value)
