"""What should the database hold? Computed at once and naively from the distinct readings, with
nothing of the code under test: whole fractions in place of fsum, lists in place of a fold.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any, Final

from shared.readings.reading import Reading

Document = dict[str, Any]
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LIMITS: Final = {"temperature_c": (-10.0, 50.0), "humidity": (0.0, 100.0)}
_UNITS: Final = {"temperature_c": "°C", "humidity": "%"}


def raw_of(reading: Reading, received_at: datetime) -> Document:
    """Give the document of a reading received at this time."""
    document: Document = {
        "_id": reading.reading_id,
        "device_id": reading.device_id,
        "ts": _in_ms(reading.ts),
        "received_at": _in_ms(received_at),
    }
    if reading.ts.microsecond % 1000:
        document["ts_us"] = reading.ts.microsecond % 1000
    for name in ("temperature_c", "humidity", "measurements", "client_id"):
        if getattr(reading, name) is not None:
            document[name] = getattr(reading, name)
    if reading.ts_assigned:
        document["dedup"] = reading.reading_id[12:]
    return document


def values_of(raw: Document) -> dict[str, float]:
    """Give each sensor's value in a reading's document."""
    named = {name: raw[name] for name in ("temperature_c", "humidity") if name in raw}
    return {**named, **raw.get("measurements", {})}


def summary_of(values: Iterable[float]) -> Document:
    ordered = sorted(values)
    total = float(sum(Fraction(value) for value in ordered))
    average = total / len(ordered)
    return {
        "count": len(ordered),
        "sum": total,
        "min": ordered[0],
        "max": ordered[-1],
        "average": min(max(average, ordered[0]), ordered[-1]),
        "p50": _quantile(ordered, 0.5),
        "p95": _quantile(ordered, 0.95),
    }


def window_of(ts: datetime, width_s: int) -> datetime:
    seconds = int((ts - _EPOCH).total_seconds() // width_s) * width_s
    return _EPOCH + timedelta(seconds=seconds)


def views_of(raws: Iterable[Document], width_s: int) -> dict[str, Document]:
    """Give the views of these readings, by `_id`."""
    values: dict[tuple[str, str, datetime], list[float]] = {}
    for raw in raws:
        for sensor, value in values_of(raw).items():
            key = (raw["device_id"], sensor, window_of(raw["ts"], width_s))
            values.setdefault(key, []).append(value)
    views = {}
    for (device_id, sensor, start), found in values.items():
        written = start.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        view_id = f"{device_id}/{sensor}/{width_s}s/{written}"
        views[view_id] = {
            "_id": view_id,
            "device_id": device_id,
            "sensor_type": sensor,
            "timestamp": start,
            "window_seconds": width_s,
            **summary_of(found),
        }
    return views


def devices_of(raws: Iterable[Document]) -> dict[str, Document]:
    """Give what is known of each device, by its id."""
    devices: dict[str, Document] = {}
    for raw in sorted(raws, key=lambda one: str(one["_id"])):
        hidden = ("device_id", "received_at", "client_id", "dedup")
        first = devices.get(raw["device_id"], {"first_ts": raw["ts"]})["first_ts"]
        devices[raw["device_id"]] = {
            "_id": raw["device_id"],
            "device_id": raw["device_id"],
            "first_ts": first,
            "last_ts": raw["ts"],
            "latest": {name: value for name, value in raw.items() if name not in hidden},
        }
    return devices


def alerts_of(raws: Iterable[Document]) -> dict[str, Document]:
    """Give the alerts that these readings raise at the default limits, by `_id`."""
    alerts = {}
    for raw in raws:
        for sensor, (low, high) in _LIMITS.items():
            value = raw.get(sensor, low)
            if low <= value <= high:
                continue
            side, word, limit = ("high", "above", high) if value > high else ("low", "below", low)
            excess = value - high if value > high else low - value
            alert_id = f"{raw['_id']}/{sensor}_{side}"
            unit = _UNITS[sensor]
            alerts[alert_id] = {
                "_id": alert_id,
                "device_id": raw["device_id"],
                "sensor_type": sensor,
                "value": value,
                "alert_type": f"{sensor}_{side}",
                "severity": "critical" if excess > 0.2 * (high - low) else "warning",
                "message": f"{sensor} {value:g} {unit} is {word} the limit of {limit:g} {unit}",
                "timestamp": raw["ts"],
                "created_at": raw["received_at"],
                "status": "active",
                "reading_id": raw["_id"],
            }
    return alerts


def canonical(documents: Mapping[Any, Document]) -> dict[str, str]:
    """Give each document as canonical JSON: names sorted, times as RFC 3339."""
    return {
        str(key): json.dumps(document, sort_keys=True, default=_written)
        for key, document in documents.items()
    }


def _written(value: object) -> str:
    assert isinstance(value, datetime)
    return value.astimezone(UTC).isoformat(timespec="milliseconds")


def _in_ms(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _quantile(ordered: list[float], share: float) -> float:
    place = (len(ordered) - 1) * share
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    low, high = ordered[below], ordered[above]
    return min(max(low + (high - low) * (place - below), low), high)
