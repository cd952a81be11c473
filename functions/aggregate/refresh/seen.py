"""The readings that one step of the refresh has seen: by pair, and the edges of their devices."""

from collections.abc import Iterator
from datetime import datetime

from functions.aggregate.store.devices import DeviceFacts
from functions.aggregate.store.pairs import Pair, Values, pair_of, values_of
from shared.mongo.collections import Document


class Devices:
    """The earliest time and the latest reading of each device, among readings as they come."""

    def __init__(self) -> None:
        self._first: dict[str, datetime] = {}
        self._latest: dict[str, Document] = {}

    def see(self, reading: Document) -> None:
        device_id, ts = reading["device_id"], reading["ts"]
        first = self._first.get(device_id)
        if first is None or ts < first:
            self._first[device_id] = ts
        latest = self._latest.get(device_id)
        if latest is None or latest["_id"] < reading["_id"]:
            self._latest[device_id] = reading

    def facts(self) -> Iterator[DeviceFacts]:
        """Return what is known of each device."""
        for device_id, latest in self._latest.items():
            yield DeviceFacts(device_id, self._first[device_id], latest)


class Noted:
    """What some notes name: readings by pair, and pairs without a reading."""

    def __init__(self, window_seconds: int) -> None:
        self._window_seconds = window_seconds
        self.readings: dict[Pair, dict[str, Values]] = {}
        self.named: dict[Pair, None] = {}  # a set in the order of arrival
        self.devices = Devices()
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
