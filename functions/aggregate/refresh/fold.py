"""The readings of one pair of a device and a window, as far as they are known."""

from array import array
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from functions.aggregate.store.pairs import Values

Numbers: TypeAlias = "array[float]"  # not subscriptable at run time


class Fold:
    """A set of readings: their ids, and their values by sensor.

    `counts` says of each sensor how many readings its stored view is of. That view is of readings
    that are all in this set.
    """

    __slots__ = ("counts", "ids", "values")

    def __init__(self, counts: Mapping[str, int]) -> None:
        self.ids: set[str] = set()
        self.values: dict[str, Numbers] = {}
        self.counts = dict(counts)

    def add(self, reading_id: str, values: Values) -> None:
        """Add a reading, once."""
        if reading_id in self.ids:
            return
        self.ids.add(reading_id)
        for sensor, value in values:
            found = self.values.get(sensor)
            if found is None:
                self.values[sensor] = array("d", (value,))
            else:
                found.append(value)

    def add_all(self, readings: Mapping[str, Values]) -> None:
        """Add these readings, each once."""
        for reading_id, values in readings.items():
            self.add(reading_id, values)

    def know_all_sensors(self) -> None:
        """Say that a sensor without a count has no view."""
        for sensor in self.values:
            self.counts.setdefault(sensor, 0)

    def is_stored(self) -> None:
        """Say that each view is stored as the values stand here."""
        for sensor, values, _ in list(self.grown()):
            self.counts[sensor] = len(values)

    @property
    def is_of_a_view(self) -> bool:
        """Whether any of the sensors has a stored view."""
        return any(self.counts.values())

    def grown(self) -> Iterator[tuple[str, Numbers, int]]:
        """Return sensor, values and stored count of each view that is of fewer readings."""
        for sensor, count in self.counts.items():
            values = self.values.get(sensor)
            if values is not None and len(values) > count:
                yield sensor, values, count
