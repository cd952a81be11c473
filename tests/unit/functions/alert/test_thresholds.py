"""The limits that a reading breaks, how severely, in which words."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.alert.thresholds import Alert, AllowedRange, alerts_raised_by, allowed_ranges
from shared.settings import ThresholdSettings
from tests.support.readings import NUMBERS, QUICK, accepted

LIMITS = st.lists(st.integers(-1_000, 1_000), min_size=2, max_size=2, unique=True).map(sorted)


def alerts(low: float, high: float, value: float) -> list[Alert]:
    reading = accepted(temperature_c=value)
    return list(alerts_raised_by(reading, {"temperature_c": AllowedRange(low, high)}))


def severity(low: float, high: float, value: float) -> str | None:
    return next((alert.severity for alert in alerts(low, high, value)), None)


@pytest.mark.parametrize("value", [-10, -9.9, 0, 49.9, 50])
def test_a_value_on_a_limit_or_between_them_is_no_alert(value: float) -> None:
    assert alerts(-10, 50, value) == []


@pytest.mark.parametrize(
    ("low", "high", "value", "expected"),
    [
        (-10, 50, 50.0000001, "warning"),
        (-10, 50, 62, "warning"),  # the excess is 12, which is 20 % of 60, and not more
        (-10, 50, 62.0000001, "critical"),
        (-10, 50, -10.5, "warning"),
        (-10, 50, -22, "warning"),
        (-10, 50, -22.5, "critical"),
        (0, 100, -0.1, "warning"),  # a share of a limit of zero would be nothing
        (0, 100, -20, "warning"),
        (0, 100, -20.1, "critical"),
        (0, 100, 120.1, "critical"),
        (-100, 0, 19, "warning"),
        (-100, 0, 21, "critical"),
        (-50, -10, -9, "warning"),  # a share of a negative limit would point inwards
        (-50, -10, -1.5, "critical"),
        (-50, -10, -57, "warning"),
        (-50, -10, -58.5, "critical"),
    ],
)
def test_an_excess_of_more_than_a_fifth_of_the_range_is_critical(
    low: float, high: float, value: float, expected: str
) -> None:
    assert severity(low, high, value) == expected


@QUICK
@given(LIMITS, NUMBERS)
def test_exactly_the_values_outside_the_range_are_alerts(limits: list[int], value: float) -> None:
    low, high = limits

    assert bool(alerts(low, high, value)) == (value < low or value > high)


@QUICK
@given(LIMITS, st.integers(1, 500))
def test_both_sides_are_measured_alike(limits: list[int], excess: int) -> None:
    low, high = limits

    assert severity(low, high, high + excess) == severity(low, high, low - excess)


@QUICK
@given(LIMITS, st.integers(1, 500), st.integers(-1_000, 1_000))
def test_where_the_range_lies_does_not_matter(limits: list[int], excess: int, shift: int) -> None:
    low, high = limits

    moved = severity(low + shift, high + shift, high + shift + excess)

    assert moved == severity(low, high, high + excess)


@QUICK
@given(LIMITS, st.integers(1, 500))
def test_a_greater_excess_is_never_less_severe(limits: list[int], excess: int) -> None:
    low, high = limits
    order = ["warning", "critical"]

    near, far = (severity(low, high, high + much) for much in (excess, excess * 2))

    assert order.index(str(near)) <= order.index(str(far))


@pytest.mark.parametrize(
    ("value", "alert_type"), [(60, "temperature_c_high"), (-20, "temperature_c_low")]
)
def test_an_alert_says_which_limit_is_broken(value: float, alert_type: str) -> None:
    found = alerts(-10, 50, value)[0]

    assert (found.sensor_type, found.alert_type, found.value) == (
        "temperature_c",
        alert_type,
        value,
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (63.5, "temperature_c 63.5 °C is above the limit of 50 °C"),
        (-12, "temperature_c -12 °C is below the limit of -10 °C"),
        (50.0000001, "temperature_c 50.0000001 °C is above the limit of 50 °C"),
        (1e100, "temperature_c 1e+100 °C is above the limit of 50 °C"),
    ],
)
def test_a_message_tells_value_and_limit_apart(value: float, message: str) -> None:
    assert alerts(-10, 50, value)[0].message == message


def test_a_reading_may_break_a_limit_of_each_of_its_sensors() -> None:
    reading = accepted(temperature_c=60, humidity=101, measurements={"pressure_hpa": 1e6})

    found = alerts_raised_by(reading, allowed_ranges(ThresholdSettings()))

    assert sorted(alert.alert_type for alert in found) == ["humidity_high", "temperature_c_high"]


def test_the_limits_are_those_of_the_settings() -> None:
    given_ones = ThresholdSettings(
        temp_min_threshold=1,
        temp_max_threshold=2,
        humidity_min_threshold=3,
        humidity_max_threshold=4,
    )

    assert allowed_ranges(given_ones) == {
        "temperature_c": AllowedRange(1, 2),
        "humidity": AllowedRange(3, 4),
    }


def test_the_same_reading_raises_the_same_alerts_whenever_it_comes() -> None:
    reading = accepted(temperature_c=60, ts=datetime(2000, 1, 1, tzinfo=UTC).isoformat())
    limits = allowed_ranges(ThresholdSettings())

    assert alerts_raised_by(reading, limits) == alerts_raised_by(reading, limits)
