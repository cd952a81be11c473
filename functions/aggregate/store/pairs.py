"""The pair of a device and a window: the unit in which readings are counted."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from shared.mongo.collections import Document
from shared.readings.identity import EPOCH, TIME_LENGTH
from shared.readings.reading import HUMIDITY, TEMPERATURE

Values = tuple[tuple[str, float], ...]


class Pair(NamedTuple):
    """A device, and the start (aware UTC) of one of its windows."""

    device_id: str
    window_start: datetime


def pair_of(reading: Document, window_seconds: int) -> Pair:
    """Return the pair in which a reading of telemetry_raw counts."""
    ms = int(reading["_id"][:TIME_LENGTH], 16)  # the event time begins the id: no date arithmetic
    return Pair(reading["device_id"], _start(ms // (window_seconds * 1000), window_seconds))


def values_of(reading: Document) -> Values:
    """Return the value of each sensor in a reading of telemetry_raw."""
    named = [(name, reading[name]) for name in (TEMPERATURE, HUMIDITY) if name in reading]
    named.extend(reading.get("measurements", {}).items())
    return tuple(named)


@lru_cache(maxsize=10_000)
def _start(index: int, window_seconds: int) -> datetime:
    # One object for all readings of a window: its hash is computed once.
    return EPOCH + timedelta(seconds=index * window_seconds)
