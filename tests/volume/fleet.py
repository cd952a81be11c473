"""Devices that say a reading each second: what each says at which time, and the events of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from shared.readings.identity import digest_of, reading_id_of
from shared.readings.reading import Reading
from shared.readings.reading_event import Record, records_of

NOWHERE: Final = (None, None)
_PRIME: Final = 7_919


@dataclass(frozen=True, slots=True)
class Fleet:
    """`devices` devices, each with `turns` readings, one every `period_s` seconds from `start` on.

    They speak one after the other within the period, so that their readings come evenly.
    """

    devices: int
    start: datetime
    turns: int
    period_s: float = 1.0
    name: str = "device"

    def device_id(self, device: int) -> str:
        """Return the device's id."""
        return f"{self.name}-{device}"

    def time_of(self, device: int, turn: int) -> datetime:
        """Return when the device says its reading of that turn."""
        offset_ms = int(1000 * self.period_s * (turn + device / self.devices))
        return self.start + timedelta(milliseconds=offset_ms)

    def said_until(self, device: int, moment: datetime) -> int:
        """Return how many readings the device said before `moment`."""
        since_s = (moment - self.start).total_seconds() / self.period_s - device / self.devices
        turns = max(0, int(since_s) - 1)  # times are cut to milliseconds: count the last ones
        while turns < self.turns and self.time_of(device, turns) < moment:
            turns += 1
        return min(turns, self.turns)

    def between(self, first: int, last: int) -> Sequence[Reading]:
        """Return the readings from number `first` to before `last`, counted over all devices."""
        return [
            reading_at(self.device_id(n % self.devices), self.time_of(n % self.devices, turn), n)
            for n in range(first, last)
            for turn in (n // self.devices,)
        ]


def reading_at(device_id: str, ts: datetime, salt: int = 0) -> Reading:
    """Return a reading of that device and time; `salt` decides its temperature."""
    value = value_of(salt)
    digest = digest_of(device_id, ts, None, {"temperature_c": value}, NOWHERE)
    reading_id = reading_id_of(ts, digest)
    return Reading(reading_id=reading_id, device_id=device_id, ts=ts, temperature_c=value)


def value_of(salt: int) -> float:
    """Return a temperature within the limits, in hundredths of a degree."""
    return 15.0 + salt * _PRIME % 1500 / 100


def events_of(readings: Sequence[Reading]) -> Sequence[Record]:
    """Return the records that ingest would make of these readings now."""
    return records_of(readings, datetime.now(UTC))


def scattered(
    devices: int, windows: int, newest: datetime, spread: timedelta, name: str = "device"
) -> Iterable[Reading]:
    """Return a reading for each pair of a device and one of the windows before `newest`.

    The windows lie evenly over `spread`; neighbours in the result are of different windows, as
    when many devices upload at once what they stored.
    """
    step = spread / windows
    for n in range(devices * windows):
        device, window = n % devices, (n // devices + n) % windows
        yield reading_at(f"{name}-{device}", newest - step * (window + 1), n)
