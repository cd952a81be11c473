"""The readings that one step of the refresh has seen: by pair, and what they say of devices."""

from datetime import datetime

from functions.aggregate.store.devices import DeviceReadings
from functions.aggregate.store.pairs import Pair, Values, pair_of, values_of
from shared.mongo.collections import Document


class Noted:
    """What some notes name: readings by pair, and pairs without a reading."""

    def __init__(self, window_seconds: int) -> None:
        self._window_seconds = window_seconds
        self.readings: dict[Pair, dict[str, Values]] = {}
        self.named: dict[Pair, None] = {}  # a set in the order of arrival
        self.devices = DeviceReadings()
        self.count = 0

    def add(self, reading: Document) -> None:
        """Add a noted reading; the same one may be noted many times."""
        pair = pair_of(reading, self._window_seconds)
        self.readings.setdefault(pair, {})[reading["_id"]] = values_of(reading)
        self.devices.see(reading)
        self.count += 1

    def name(self, pair: Pair) -> None:
        """Add a pair whose readings are to be read."""
        self.named[pair] = None
        self.count += 1

    def window_starts(self) -> set[datetime]:
        """Return the start of each window with a pair."""
        return {pair.window_start for pair in (*self.readings, *self.named)}

    def sensors_of(self, pair: Pair) -> list[str]:
        """Return the sensors of the pair's noted readings, each once."""
        found = self.readings.get(pair, {}).values()
        return list({sensor: None for values in found for sensor, _ in values})
