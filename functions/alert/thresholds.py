"""The limits that a reading breaks, how severely, and the sentence for it; pure.

A value outside the allowed range is a breach: `warning`, or `critical` when its excess (the
distance from the limit) is more than 20 % of the range's width. Width, not limit, is the measure,
so that limits of zero and below mean the same as others. A value on the limit is allowed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from shared.readings.reading import HUMIDITY, TEMPERATURE, Reading
from shared.settings import ThresholdSettings

CRITICAL_SHARE: Final = 0.2
_UNITS: Final = {TEMPERATURE: "°C", HUMIDITY: "%"}

Severity = Literal["warning", "critical"]


@dataclass(frozen=True, slots=True)
class AllowedRange:
    """The lowest and highest value that is no breach; `low` is below `high`."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Alert:
    """One limit broken by one reading."""

    reading: Reading
    sensor_type: str
    value: float
    alert_type: str
    severity: Severity
    message: str


def allowed_ranges(thresholds: ThresholdSettings) -> Mapping[str, AllowedRange]:
    """Return the allowed range of each sensor that has limits."""
    return {
        TEMPERATURE: AllowedRange(thresholds.temp_min_threshold, thresholds.temp_max_threshold),
        HUMIDITY: AllowedRange(
            thresholds.humidity_min_threshold, thresholds.humidity_max_threshold
        ),
    }


def alerts_raised_by(reading: Reading, allowed: Mapping[str, AllowedRange]) -> Sequence[Alert]:
    """Return an alert for each sensor of the reading that is outside its allowed range."""
    found = (
        _alert(reading, sensor, value, allowed[sensor])
        for sensor, value in reading.values().items()
        if sensor in allowed
    )
    return [alert for alert in found if alert is not None]


def _alert(reading: Reading, sensor: str, value: float, allowed: AllowedRange) -> Alert | None:
    if allowed.low <= value <= allowed.high:
        return None
    is_high = value > allowed.high
    limit = allowed.high if is_high else allowed.low
    excess = abs(value - limit)
    severity: Severity = (
        "critical" if excess > CRITICAL_SHARE * (allowed.high - allowed.low) else "warning"
    )
    unit = _UNITS.get(sensor, "")
    side = "above" if is_high else "below"
    return Alert(
        reading=reading,
        sensor_type=sensor,
        value=value,
        alert_type=f"{sensor}_{'high' if is_high else 'low'}",
        severity=severity,
        message=f"{sensor} {_text(value)} {unit} is {side} the limit of {_text(limit)} {unit}",
    )


def _text(number: float) -> str:
    """Write all digits: a value just beyond the limit must not read like the limit."""
    return repr(float(number)).removesuffix(".0")
