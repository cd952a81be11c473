"""The sentence of an alert."""

from datetime import timedelta

import pytest

from shared.alerts.rules.environment import rules_of
from shared.alerts.rules.message import message_of
from shared.alerts.rules.rule import Kind, Level, Rule
from shared.settings import ThresholdSettings

BAND = (Level(name="warning", low=980, high=1040), Level(name="critical", low=970, high=1050))
RISE = (Level(name="warning", high=0.5), Level(name="critical", high=1, low=-1))


def rule(kind: Kind, *levels: Level, unit: str = "", minutes: int | None = None) -> Rule:
    return Rule(
        rule_id="r",
        kind=kind,
        alert_type="r",
        sensor="pressure_hpa",
        unit=unit,
        levels=levels or (Level(name="warning"),),
        timeout=None if minutes is None else timedelta(minutes=minutes),
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (63.5, "temperature_c 63.5 °C is above the limit of 50 °C"),
        (50.0000001, "temperature_c 50.0000001 °C is above the limit of 50 °C"),
        (1e100, "temperature_c 1e+100 °C is above the limit of 50 °C"),
    ],
)
def test_a_message_tells_value_and_limit_apart(value: float, message: str) -> None:
    assert message_of(rules_of(ThresholdSettings())[0], value) == message


@pytest.mark.parametrize(
    ("said", "peak", "message"),
    [
        (
            rules_of(ThresholdSettings())[1],
            -12,
            "temperature_c -12 °C is below the limit of -10 °C",
        ),
        (rule("threshold", *BAND), 1045, "pressure_hpa 1045 is above the limit of 1040"),
        (rule("threshold", *BAND), 960, "pressure_hpa 960 is below the limit of 980"),
        (
            rule("rate", *RISE, unit="hPa"),
            2,
            "change of pressure_hpa by 2 hPa per second is above the limit of 0.5 hPa per second",
        ),
        (
            rule("rate", *RISE),
            -2,
            "change of pressure_hpa by -2 per second is below the limit of -1 per second",
        ),
        (rule("stale", minutes=90), 0, "pressure_hpa was not measured for more than 1h30m"),
        (rule("offline", minutes=15), 0, "nothing was received for more than 15m"),
    ],
)
def test_a_message_says_which_limit_is_broken_on_which_side(
    said: Rule, peak: float, message: str
) -> None:
    assert message_of(said, peak) == message


def test_a_peak_that_breaks_no_limit_any_longer_is_told_with_the_mildest() -> None:
    """A rule that changed while an alert was open."""
    assert message_of(rule("threshold", *BAND), 1000) == (
        "pressure_hpa 1000 is below the limit of 980"
    )
