"""Documents for the tests of the dashboard, as the other functions write them."""

from datetime import UTC, datetime, timedelta

from shared.mongo.collections import Document
from shared.readings.identity import digest_of, reading_id_of
from shared.times import rfc3339

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def reading(device_id: str, seconds: float, **values: float) -> Document:
    """Make a stored reading, so many seconds after noon."""
    ts = NOON + timedelta(seconds=seconds)
    values = values or {"temperature_c": 20.0}
    digest = digest_of(device_id, ts, None, values, (None, None))
    row = {"_id": reading_id_of(ts, digest), "device_id": device_id, "ts": ts, "received_at": ts}
    return {**row, **values}


def view(device_id: str, sensor: str, minutes: int) -> Document:
    """Make the summary of the window that begins so many minutes after noon."""
    start = NOON + timedelta(minutes=minutes)
    numbers = {"count": 2, "sum": 41.0, "min": 20.0, "max": 21.0, "average": 20.5}
    return {
        "_id": f"{device_id}/{sensor}/60s/{rfc3339(start)}",
        "device_id": device_id,
        "sensor_type": sensor,
        "timestamp": start,
        "window_seconds": 60,
        **numbers,
        "p50": 20.5,
        "p95": 20.95,
    }


def alert(number: int, seconds: float, **more: str) -> Document:
    """Make an alert that was raised so many seconds after noon."""
    return {
        "_id": f"{number:06}/temperature_c_high",
        "device_id": "boiler",
        "sensor_type": "temperature_c",
        "value": 60.0,
        "alert_type": "temperature_c_high",
        "severity": "warning",
        "message": "60 is above 50",
        "timestamp": NOON,
        "created_at": NOON + timedelta(seconds=seconds),
        "status": "active",
        "reading_id": "0" * 44,
        **more,
    }


def episode(number: int, seconds: float = 0, **more: object) -> Document:
    """Make an alert that is an episode, first stored so many seconds after noon."""
    return {
        "_id": f"{number:032x}",
        "device_id": "boiler",
        "sensor_type": "temperature_c",
        "value": 61.5,
        "alert_type": "temperature_c_high",
        "severity": "warning",
        "rank": 0,
        "message": "temperature_c 61.5 °C is above the limit of 50 °C",
        "timestamp": NOON,
        "created_at": NOON + timedelta(seconds=seconds),
        "status": "active",
        "rule_id": "temperature_c_high",
        "rule_version": 1,
        "started": NOON,
        "fired": NOON + timedelta(seconds=30),
        "ended": None,
        "end_reason": None,
        "peak_at": NOON + timedelta(seconds=20),
        "highest_severity": "warning",
        "level_changes": [[NOON + timedelta(seconds=30), "warning"]],
        "flapping_since": None,
        "late_opened": False,
        "opened_by": ["0" * 44, "1" * 44],
        "closed_by": [],
        "amended": [{"at": NOON, "kind": "amended", "before": {"started": NOON}}],
        "retracted_reason": None,
        "acknowledgement": None,
        "operator_actions": [],
        "version": 3,
        "state_rev": 7,
        **more,
    }


def silence(number: int, begins: float, ends: float, **more: object) -> Document:
    """Make a silence that begins and ends so many seconds after noon."""
    return {
        "_id": f"{number:032x}",
        "matchers": {"device_id": "boiler"},
        "from": NOON + timedelta(seconds=begins),
        "to": NOON + timedelta(seconds=ends),
        "comment": "maintenance",
        "actor": "ann",
        "created_at": NOON,
        "ended": None,
        **more,
    }


def dead_letter(number: int, seconds: float, **more: object) -> Document:
    """Make a dead letter that came so many seconds after noon."""
    return {
        "_id": f"dead/{number:06}",
        "stage": "aggregate",
        "source": "/iot-telemetry/ingest",
        "event_id": f"event-{number}",
        "event_type": "iot.telemetry.readings.v1",
        "reason": "invalid_reading",
        "destination": "http://aggregate",
        "dead_lettered_at": NOON + timedelta(seconds=seconds),
        "status": "open",
        "attributes": {"id": f"event-{number}"},
        "data": b"\xff not text",
        **more,
    }


def device(device_id: str, seconds: float) -> Document:
    """Make a device that was first heard so many seconds after noon."""
    ts = NOON + timedelta(seconds=seconds)
    latest = {"_id": "0" * 44, "ts": ts, "temperature_c": 20.5}
    return {
        "_id": device_id,
        "device_id": device_id,
        "first_ts": ts,
        "last_ts": ts,
        "latest": latest,
    }
