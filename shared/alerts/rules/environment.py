"""The rules that the thresholds of the environment state; pure.

A value outside the allowed range is a breach: `warning`, or `critical` when its excess (the
distance from the limit) is more than 20 % of the range's width. Width, not limit, is the measure,
so that limits of zero and below mean the same as others. A value on the limit is allowed.
"""

from collections.abc import Sequence
from typing import Final

from shared.alerts.rules.rule import Level, Rule
from shared.readings.reading import HUMIDITY, TEMPERATURE
from shared.settings import ThresholdSettings

CRITICAL_SHARE: Final = 0.2
UNITS: Final = {TEMPERATURE: "°C", HUMIDITY: "%"}


def rules_of(thresholds: ThresholdSettings) -> Sequence[Rule]:
    """Return a rule for each of the four limits, named like the alert that it raises."""
    return (
        *_rules_of(TEMPERATURE, thresholds.temp_min_threshold, thresholds.temp_max_threshold),
        *_rules_of(HUMIDITY, thresholds.humidity_min_threshold, thresholds.humidity_max_threshold),
    )


def _rules_of(sensor: str, low: float, high: float) -> Sequence[Rule]:
    excess = CRITICAL_SHARE * (high - low)
    above = [
        Level(name=name, high=limit, clear_high=limit)
        for name, limit in (("warning", high), ("critical", high + excess))
    ]
    below = [
        Level(name=name, low=limit, clear_low=limit)
        for name, limit in (("warning", low), ("critical", low - excess))
    ]
    return (_rule(sensor, "high", above), _rule(sensor, "low", below))


def _rule(sensor: str, side: str, levels: Sequence[Level]) -> Rule:
    rule_id = f"{sensor}_{side}"
    return Rule(
        rule_id=rule_id,
        kind="threshold",
        sensor=sensor,
        alert_type=rule_id,
        unit=UNITS[sensor],
        levels=tuple(levels),
    )
