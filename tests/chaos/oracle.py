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


def hours_of(
    views: Iterable[Document], window_s: int, hour_s: int, end: datetime
) -> dict[str, Document]:
    """Return the hour of each device and sensor, of the hours that are over by `end`."""
    by_hour: dict[tuple[str, str, datetime], dict[int, Document]] = defaultdict(dict)
    for view in views:
        start = window_of(view["timestamp"], hour_s)
        slot = int((view["timestamp"] - start).total_seconds()) // window_s
        if start + timedelta(seconds=hour_s) <= end:
            by_hour[view["device_id"], view["sensor_type"], start][slot] = view
    hours = (_hour(*key, found, window_s) for key, found in by_hour.items())
    return {hour["_id"]: hour for hour in hours}


def devices_of(readings: Iterable[Document]) -> dict[str, Document]:
    """Return what is known of each device."""
    by_device: dict[str, list[Document]] = defaultdict(list)
    for reading in readings:
        by_device[reading["device_id"]].append(reading)
    return {device: _device(device, found) for device, found in by_device.items()}


def _hour(
    device: str, sensor: str, start: datetime, windows: Mapping[int, Document], window_s: int
) -> Document:
    slots = sorted(windows)
    names = ("count", "sum", "min", "max", "average", "p50", "p95")
    lists: dict[str, list[Any]] = {name: [windows[slot][name] for slot in slots] for name in names}
    return {
        "_id": f"{device}/{sensor}/{window_s}s/hour/{start:%Y-%m-%dT%H:%M:%S.000Z}",
        "device_id": device,
        "sensor_type": sensor,
        "timestamp": start,
        "window_seconds": window_s,
        "count": sum(lists["count"]),
        "min": min(lists["min"]),
        "max": max(lists["max"]),
        "total": _all_digits(sum(map(Fraction, lists["sum"]), Fraction())),
        "windows": {"slot": slots, **lists},
    }


def _all_digits(total: Fraction) -> list[float]:
    parts = []
    while total:
        parts.append(float(total))
        total -= Fraction(parts[-1])
    return parts or [0.0]


def alerts_of(
    readings: Iterable[Document], ranges: Mapping[str, tuple[float, float]]
) -> dict[str, Document]:
    """Return the alert of each stretch of a device's readings beyond a side of a range."""
    by_device: dict[str, list[Document]] = defaultdict(list)
    for reading in sorted(readings, key=lambda reading: str(reading["_id"])):
        by_device[reading["device_id"]].append(reading)
    alerts = (
        alert
        for found in by_device.values()
        for sensor, allowed in ranges.items()
        for side in ("high", "low")
        for alert in _alerts(found, sensor, side, allowed)
    )
    return {alert["_id"]: alert for alert in alerts}


def plain_alerts(stored: Iterable[Document]) -> list[Document]:
    """Return stored alerts as `alerts_of` gives them, without those that were taken back."""
    return [
        {**alert, "_id": f"{alert['opened_by'][0]}/{alert['alert_type']}"}
        for alert in stored
        if alert["retracted_reason"] is None
    ]


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
    in_order = sorted(readings, key=lambda reading: str(reading["_id"]))
    found = {
        "_id": device,
        "device_id": device,
        "first_ts": min(reading["ts"] for reading in readings),
        "last_ts": max(reading["ts"] for reading in readings),
        "latest": {name: v for name, v in in_order[-1].items() if name not in NOT_IN_LATEST},
    }
    located = [one for one in in_order if "lat" in one and "lon" in one]
    if located:
        found["position"] = {name: located[-1][name] for name in ("_id", "ts", "lat", "lon")}
    return found


def _alerts(
    readings: list[Document], sensor: str, side: str, allowed: tuple[float, float]
) -> list[Document]:
    """Return the stretches of one sensor of one device, whose readings come in their order."""
    limit, sign = (allowed[1], 1) if side == "high" else (allowed[0], -1)
    critical = CRITICAL_SHARE * (allowed[1] - allowed[0])
    alerts: list[Document] = []
    worst: float | None = None  # excess of the stretch that goes on
    for reading in readings:
        if sensor not in reading:
            continue
        excess = sign * (reading[sensor] - limit)
        if excess <= 0:
            if worst is not None:
                alerts[-1] |= {"ended": reading["ts"], "status": "resolved"}
                alerts[-1]["severity"] = "critical" if worst > critical else "warning"
            worst = None
            continue
        if worst is None:
            alerts.append(_alert(reading, sensor, side))
        if worst is None or excess > worst:
            worst = excess
            alerts[-1] |= _peak(reading, sensor, side, limit)
        alerts[-1]["severity"] = "critical" if excess > critical else "warning"
    return alerts


def _alert(reading: Document, sensor: str, side: str) -> Document:
    return {
        "_id": f"{reading['_id']}/{sensor}_{side}",
        "device_id": reading["device_id"],
        "sensor_type": sensor,
        "alert_type": f"{sensor}_{side}",
        "rule_id": f"{sensor}_{side}",
        "timestamp": reading["ts"],
        "started": reading["ts"],
        "ended": None,
        "status": "active",
    }


def _peak(reading: Document, sensor: str, side: str, limit: float) -> Document:
    unit, word = UNITS[sensor], "above" if side == "high" else "below"
    value = reading[sensor]
    return {
        "value": value,
        "peak_at": reading["ts"],
        "message": f"{sensor} {value:g} {unit} is {word} the limit of {limit:g} {unit}",
    }


def _quantile(ordered: list[float], share: float) -> float:
    """Interpolate between the two nearest ranks."""
    place = (len(ordered) - 1) * share
    below = int(place)
    low, high = ordered[below], ordered[min(below + 1, len(ordered) - 1)]
    return min(max(low + (high - low) * (place - below), low), high)
