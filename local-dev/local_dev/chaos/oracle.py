"""What must the views, devices and alerts be, given the stored readings? Computed once more, in the
plainest way and with none of the system's own code; pure.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Document = dict[str, Any]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOT_IN_LATEST = ("device_id", "received_at", "dedup", "client_id")
CRITICAL_SHARE = 0.2  # of the allowed range


@dataclass(frozen=True, slots=True)
class Rule:
    """The settings that the documents follow from: window, and lowest and highest by sensor."""

    window_s: int
    allowed: Mapping[str, tuple[float, float]]


def window_start(moment: datetime, window_s: int) -> datetime:
    return EPOCH + (moment - EPOCH) // timedelta(seconds=window_s) * timedelta(seconds=window_s)


def views_of(readings: Iterable[Document], rule: Rule) -> dict[object, Document]:
    """Return the view of each (device, sensor, window start)."""
    values: dict[tuple[str, str, datetime], list[float]] = defaultdict(list)
    for reading in readings:
        start = window_start(reading["ts"], rule.window_s)
        for sensor, value in _values(reading).items():
            values[reading["device_id"], sensor, start].append(value)
    return {key: _view(*key, found, rule.window_s) for key, found in values.items()}


def devices_of(readings: Iterable[Document]) -> dict[object, Document]:
    """Return what is known of each device."""
    by_device: dict[str, list[Document]] = defaultdict(list)
    for reading in readings:
        by_device[reading["device_id"]].append(reading)
    return {device: _device(device, found) for device, found in by_device.items()}


def alerts_of(readings: Iterable[Document], rule: Rule) -> dict[object, Document]:
    """Return the alert of each (reading, kind of alert)."""
    alerts: dict[object, Document] = {}
    for reading in readings:
        for sensor, (low, high) in rule.allowed.items():
            value = reading.get(sensor)
            if value is None or low <= value <= high:
                continue
            kind = f"{sensor}_{'high' if value > high else 'low'}"
            excess = value - high if value > high else low - value
            is_critical = excess > CRITICAL_SHARE * (high - low)
            alerts[reading["_id"], kind] = {
                "_id": f"{reading['_id']}/{kind}",
                "reading_id": reading["_id"],
                "device_id": reading["device_id"],
                "sensor_type": sensor,
                "value": value,
                "alert_type": kind,
                "severity": "critical" if is_critical else "warning",
                "timestamp": reading["ts"],
                "created_at": reading["received_at"],
                "status": "active",
            }
    return alerts


def _values(reading: Document) -> dict[str, float]:
    values: dict[str, float] = dict(reading.get("measurements", {}))
    values |= {name: reading[name] for name in ("temperature_c", "humidity") if name in reading}
    return values


def _view(
    device: str, sensor: str, start: datetime, values: list[float], window_s: int
) -> Document:
    total = sum(map(Fraction, values))
    at_least_two = values if len(values) > 1 else values * 2
    percentiles = statistics.quantiles(at_least_two, n=100, method="inclusive")
    return {
        "device_id": device,
        "sensor_type": sensor,
        "timestamp": start,
        "window_seconds": window_s,
        "count": len(values),
        "sum": float(total),
        "min": min(values),
        "max": max(values),
        "average": float(total / len(values)),
        "p50": percentiles[49],
        "p95": percentiles[94],
    }


def _device(device: str, readings: list[Document]) -> Document:
    latest = max(readings, key=lambda reading: str(reading["_id"]))
    return {
        "_id": device,
        "device_id": device,
        "first_ts": min(reading["ts"] for reading in readings),
        "last_ts": max(reading["ts"] for reading in readings),
        "latest": {name: v for name, v in latest.items() if name not in NOT_IN_LATEST},
    }
