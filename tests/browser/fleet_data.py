"""A small fleet for the page: devices, an hour of windows, alerts and dead letters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.mongo.collections import ALERTS, DEAD_LETTERS, DEVICES, RAW, REFRESH, VIEWS
from tests.contract.dashboard.documents import dead_letter, device, episode, reading, view

if TYPE_CHECKING:
    from pymongo.database import Database

    Document = dict[str, Any]
HOSTILE = "<img src=x onerror=\"document.title='broken'\"><b>bold</b>"
POSITIONS = {"boiler-1": (47.4, 8.5), "boiler-2": (52.5, 13.4), "Pump.3": (41.9, 12.5)}
SILENT_MINUTES = range(20, 40)  # of boiler-1: a gap in its curves


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def seen(
    device_id: str, ago_s: float = 1, at: tuple[float, float] | None = None, **values: float
) -> Document:
    """Make a device that reported these values so long ago, and where it was, if it says so."""
    ts = now() - timedelta(seconds=ago_s)
    values = values or {"temperature_c": 21.5, "humidity": 40.0}
    latest: Document = {"_id": "0" * 44, "ts": ts, "measurements": {}}
    for name, value in values.items():
        has_field = name in ("temperature_c", "humidity")
        (latest if has_field else latest["measurements"])[name] = value
    made = {**device(device_id, 0), "last_ts": ts, "latest": latest}
    if at is not None:
        made["position"] = {"_id": "0" * 44, "ts": ts, "lat": at[0], "lon": at[1]}
    return made


def opened(number: int, device_id: str = "boiler-1", **more: object) -> Document:
    """Make an alert that began two minutes ago and is open."""
    at = now() - timedelta(minutes=2)
    times = {"timestamp": at, "created_at": at, "started": at, "fired": at, "peak_at": at}
    return {**episode(number, device_id=device_id), **times, "level_changes": [], **more}


def fill(stored: Database[Document]) -> None:
    """Store the fleet."""
    stored[DEVICES].insert_many(
        [
            seen("boiler-1", at=POSITIONS["boiler-1"]),
            seen("boiler-2", 3_600, at=POSITIONS["boiler-2"]),
            seen("Pump.3", at=POSITIONS["Pump.3"]),
            seen("x" * 128),
        ]
        + [seen(f"sensor-{number:02}", number + 1) for number in range(30)]
    )
    stored[RAW].insert_one(reading("boiler-1", 0))
    stored[VIEWS].insert_many(windows("boiler-1"))
    stored[REFRESH].insert_one({"_id": "refresh/60s", "horizon": now() - timedelta(minutes=1)})
    stored[ALERTS].insert_many(
        [
            opened(1),
            opened(2, "Pump.3", severity="critical", message=HOSTILE),
            opened(3, "boiler-2", status="resolved", ended=now()),
        ]
    )
    letters = [dead_letter(number, 0) for number in range(3)]
    hostile = dead_letter(9, 0, reason=HOSTILE, stage="alert", event_id=HOSTILE, cause="data")
    for letter in [*letters, hostile]:
        letter["dead_lettered_at"] = now()
    stored[DEAD_LETTERS].insert_many([*letters, hostile])


def windows(device_id: str) -> list[Document]:
    """Make an hour of windows of two sensors, with a gap."""
    start = now().replace(second=0) - timedelta(minutes=60)
    numbers = {"count": 60, "min": 19.0, "max": 23.0, "average": 21.0, "sum": 1260.0}
    return [
        {
            **view(device_id, sensor, 0),
            **numbers,
            "_id": f"{device_id}/{sensor}/60s/{minute}",
            "timestamp": start + timedelta(minutes=minute),
        }
        for minute in range(59)
        for sensor in ("temperature_c", "humidity")
        if minute not in SILENT_MINUTES
    ]
