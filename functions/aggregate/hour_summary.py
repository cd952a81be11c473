"""The windows of an hour of one sensor of one device, in one document; pure.

Of each window the view of most readings stays: so an hour is the same in whatever order, how often
and by whom views are taken into it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from shared.exact_sum import exact_sum
from shared.mongo.collections import Document
from shared.readings.windows import hour_of
from shared.times import rfc3339

# Of each window, as lists side by side: a tenth of the bytes and of the time of sixty documents.
KEPT: Final = ("count", "sum", "min", "max", "average", "p50", "p95")


class HourKey(NamedTuple):
    """A sensor of a device, and the start (aware UTC) of an hour."""

    device_id: str
    sensor_type: str
    start: datetime

    def hour_id(self, window_seconds: int) -> str:
        """Return the hour's `_id` in aggregated_hours."""
        start = rfc3339(self.start)
        return f"{self.device_id}/{self.sensor_type}/{window_seconds}s/hour/{start}"


def key_of(view: Document) -> HourKey:
    """Return the hour to which a view of aggregated_data belongs."""
    return HourKey(view["device_id"], view["sensor_type"], hour_of(view["timestamp"]))


def with_views(
    key: HourKey, window_seconds: int, hour: Document | None, views: Iterable[Document]
) -> Document | None:
    """Return the hour with these views taken in; None where it has them all already."""
    windows = {} if hour is None else _windows_of(hour)
    grown = False
    for view in views:
        slot = (view["timestamp"] - key.start) // timedelta(seconds=window_seconds)
        held = windows.get(slot)
        if held is None or held["count"] < view["count"]:
            windows[slot] = {name: view[name] for name in KEPT}
            grown = True
    return _hour(key, window_seconds, windows) if grown else None


def _windows_of(hour: Document) -> dict[int, Document]:
    windows = hour["windows"]
    lists = [windows[name] for name in KEPT]
    return {
        slot: dict(zip(KEPT, values, strict=True))
        for slot, *values in zip(windows["slot"], *lists, strict=True)
    }


def _hour(key: HourKey, window_seconds: int, windows: dict[int, Document]) -> Document:
    slots = sorted(windows)
    lists = {name: [windows[slot][name] for slot in slots] for name in KEPT}
    return {
        "_id": key.hour_id(window_seconds),
        "device_id": key.device_id,
        "sensor_type": key.sensor_type,
        "timestamp": key.start,
        "window_seconds": window_seconds,
        "count": sum(lists["count"]),
        "min": min(lists["min"]),
        "max": max(lists["max"]),
        "total": list(exact_sum(lists["sum"])),
        "windows": {"slot": slots, **lists},
    }
