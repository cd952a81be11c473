"""The readings of one window, as they come."""

from dataclasses import dataclass, field
from datetime import datetime

from functions.aggregate.store.devices import DeviceReadings
from functions.aggregate.store.pairs import values_of
from shared.mongo.collections import Document


@dataclass(slots=True)
class Window:
    """Values by device and sensor, and what its readings say of the devices."""

    start: datetime
    values: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    devices: DeviceReadings = field(default_factory=DeviceReadings)

    def add(self, reading: Document) -> None:
        device_id = reading["device_id"]
        for sensor, value in values_of(reading):
            self.values.setdefault((device_id, sensor), []).append(value)
        self.devices.see(reading)
