"""The rules that the thresholds of the environment state."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.alerts.rules.environment import rules_of
from shared.alerts.rules.rule import Rule, Zone, zone
from shared.settings import ThresholdSettings
from tests.support.readings import NUMBERS, QUICK

LIMITS = st.lists(st.integers(-1_000, 1_000), min_size=2, max_size=2, unique=True).map(sorted)


def rules(low: float, high: float) -> dict[str, Rule]:
    thresholds = ThresholdSettings(temp_min_threshold=low, temp_max_threshold=high)
    return {rule.rule_id: rule for rule in rules_of(thresholds)}


def severity(low: float, high: float, value: float) -> str | None:
    """Return the most severe level that a temperature breaks."""
    found = [
        level.name
        for rule_id in ("temperature_c_high", "temperature_c_low")
        for level in rules(low, high)[rule_id].levels
        if zone(level, value) is Zone.BREACH
    ]
    return found[-1] if found else None


def test_each_limit_is_a_rule_that_is_named_like_its_alert() -> None:
    found = rules_of(ThresholdSettings())

    assert [(each.rule_id, each.alert_type, each.sensor, each.unit) for each in found] == [
        ("temperature_c_high", "temperature_c_high", "temperature_c", "°C"),
        ("temperature_c_low", "temperature_c_low", "temperature_c", "°C"),
        ("humidity_high", "humidity_high", "humidity", "%"),
        ("humidity_low", "humidity_low", "humidity", "%"),
    ]


def test_the_limits_are_those_of_the_settings() -> None:
    thresholds = ThresholdSettings(
        temp_min_threshold=1,
        temp_max_threshold=2,
        humidity_min_threshold=3,
        humidity_max_threshold=4,
    )

    limits = {
        rule.rule_id: (rule.levels[0].low, rule.levels[0].high) for rule in rules_of(thresholds)
    }

    assert limits == {
        "temperature_c_high": (None, 2),
        "temperature_c_low": (1, None),
        "humidity_high": (None, 4),
        "humidity_low": (3, None),
    }


@pytest.mark.parametrize(
    ("low", "high", "value", "expected"),
    [
        (-10, 50, 50, None),
        (-10, 50, -10, None),
        (-10, 50, 50.0000001, "warning"),
        (-10, 50, 62, "warning"),  # the excess is 12, which is 20 % of 60, and not more
        (-10, 50, 62.0000001, "critical"),
        (-10, 50, -10.5, "warning"),
        (-10, 50, -22, "warning"),
        (-10, 50, -22.5, "critical"),
        (0, 100, -0.1, "warning"),  # a share of a limit of zero would be nothing
        (0, 100, -20, "warning"),
        (0, 100, -20.1, "critical"),
        (-50, -10, -9, "warning"),  # a share of a negative limit would point inwards
        (-50, -10, -1.5, "critical"),
        (-50, -10, -57, "warning"),
        (-50, -10, -58.5, "critical"),
    ],
)
def test_an_excess_of_more_than_a_fifth_of_the_range_is_critical(
    low: float, high: float, value: float, expected: str | None
) -> None:
    assert severity(low, high, value) == expected


@QUICK
@given(LIMITS, NUMBERS)
def test_exactly_the_values_outside_the_range_are_a_breach(limits: list[int], value: float) -> None:
    low, high = limits

    assert (severity(low, high, value) is not None) == (value < low or value > high)


@QUICK
@given(LIMITS, NUMBERS)
def test_a_value_within_the_range_is_clear_at_once(limits: list[int], value: float) -> None:
    """Without hysteresis: there is nothing between a breach and what is well."""
    levels = [level for rule in rules(*limits).values() for level in rule.levels]

    assert Zone.DEAD_BAND not in {zone(level, value) for level in levels}


@QUICK
@given(LIMITS, st.integers(1, 500))
def test_both_sides_are_measured_alike(limits: list[int], excess: int) -> None:
    low, high = limits

    assert severity(low, high, high + excess) == severity(low, high, low - excess)
