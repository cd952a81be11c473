"""The readings of one window, as they come."""

from dataclasses import dataclass, field
from datetime import datetime

from functions.aggregate.store.pairs import values_of
from shared.mongo.collections import Document


@dataclass(slots=True)
class Window:
    """Values by device and sensor, and the devices' edges."""

    start: datetime
    values: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    first: dict[str, datetime] = field(default_factory=dict)
    latest: dict[str, Document] = field(default_factory=dict)

    def add(self, reading: Document) -> None:
        device_id = reading["device_id"]
        for sensor, value in values_of(reading):
            self.values.setdefault((device_id, sensor), []).append(value)
        self.first[device_id] = min(self.first.get(device_id, reading["ts"]), reading["ts"])
        latest = self.latest.get(device_id)
        if latest is None or latest["_id"] < reading["_id"]:
            self.latest[device_id] = reading
