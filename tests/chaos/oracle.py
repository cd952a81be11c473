"""The views, devices and alerts that follow from stored readings, recomputed the plainest way.

Nothing of the functions' code is used: whole fractions in place of fsum, lists in place of a fold.
`local-dev/chaos` and tests/simulation compare what is stored with this. Each result is by `_id`.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Document = dict[str, Any]
Ranges = dict[str, tuple[float, float]]  # the lowest and highest allowed value by sensor

DEFAULT_RANGES: Ranges = {"temperature_c": (-10.0, 50.0), "humidity": (0.0, 100.0)}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOT_IN_LATEST = ("device_id", "received_at", "dedup", "client_id")
CRITICAL_SHARE = 0.2  # of the allowed range
UNITS = {"temperature_c": "°C", "humidity": "%"}


def views_of(readings: Iterable[Document], window_s: int) -> dict[str, Document]:
    """Return the view of each device, sensor and window."""
    values: dict[tuple[str, str, datetime], list[float]] = defaultdict(list)
    for reading in readings:
        start = window_of(reading["ts"], window_s)
        for sensor, value in values_of(reading).items():
            values[reading["device_id"], sensor, start].append(value)
    views = (_view(*key, found, window_s) for key, found in values.items())
    return {view["_id"]: view for view in views}


def devices_of(readings: Iterable[Document]) -> dict[str, Document]:
    """Return what is known of each device."""
    by_device: dict[str, list[Document]] = defaultdict(list)
    for reading in readings:
        by_device[reading["device_id"]].append(reading)
    return {device: _device(device, found) for device, found in by_device.items()}


def alerts_of(
    readings: Iterable[Document], ranges: Mapping[str, tuple[float, float]]
) -> dict[str, Document]:
    """Return the alert of each reading and side of a range that it is beyond."""
    alerts = (
        _alert(reading, sensor, reading[sensor], allowed)
        for reading in readings
        for sensor, allowed in ranges.items()
        if sensor in reading and not allowed[0] <= reading[sensor] <= allowed[1]
    )
    return {alert["_id"]: alert for alert in alerts}


def values_of(reading: Document) -> dict[str, float]:
    """Return the value of each sensor of a stored reading."""
    named = {name: reading[name] for name in UNITS if name in reading}
    return {**reading.get("measurements", {}), **named}


def window_of(moment: datetime, window_s: int) -> datetime:
    """Return the start of the window that a time is in."""
    width = timedelta(seconds=window_s)
    return EPOCH + (moment - EPOCH) // width * width


def summary_of(values: Iterable[float]) -> Document:
    """Return the summary of a window's values."""
    ordered = sorted(values)
    total = float(sum(map(Fraction, ordered)))
    return {
        "count": len(ordered),
        "sum": total,
        "min": ordered[0],
        "max": ordered[-1],
        "average": min(max(total / len(ordered), ordered[0]), ordered[-1]),
        "p50": _quantile(ordered, 0.5),
        "p95": _quantile(ordered, 0.95),
    }


def _view(
    device: str, sensor: str, start: datetime, values: list[float], window_s: int
) -> Document:
    written = start.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "_id": f"{device}/{sensor}/{window_s}s/{written}",
        "device_id": device,
        "sensor_type": sensor,
        "timestamp": start,
        "window_seconds": window_s,
        **summary_of(values),
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


def _alert(reading: Document, sensor: str, value: float, allowed: tuple[float, float]) -> Document:
    low, high = allowed
    side, word, limit = ("high", "above", high) if value > high else ("low", "below", low)
    unit = UNITS[sensor]
    is_critical = abs(value - limit) > CRITICAL_SHARE * (high - low)
    return {
        "_id": f"{reading['_id']}/{sensor}_{side}",
        "reading_id": reading["_id"],
        "device_id": reading["device_id"],
        "sensor_type": sensor,
        "value": value,
        "alert_type": f"{sensor}_{side}",
        "severity": "critical" if is_critical else "warning",
        "message": f"{sensor} {value:g} {unit} is {word} the limit of {limit:g} {unit}",
        "timestamp": reading["ts"],
        "created_at": reading["received_at"],
        "status": "active",
    }


def _quantile(ordered: list[float], share: float) -> float:
    """Interpolate between the two nearest ranks."""
    place = (len(ordered) - 1) * share
    below = int(place)
    low, high = ordered[below], ordered[min(below + 1, len(ordered) - 1)]
    return min(max(low + (high - low) * (place - below), low), high)
