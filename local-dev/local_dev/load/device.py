"""A simulated device and the readings it sends. Chance and time are arguments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from datetime import datetime

BREACHING_C = 58.0  # above the usual TEMP_MAX_THRESHOLD of 50
COMFORT_C = 21.0


@dataclass(frozen=True, slots=True)
class Shares:
    """Which part of the readings, from 0 to 1, is too hot, sent twice, or bad."""

    breach: float = 0.0
    duplicates: float = 0.0
    bad: float = 0.0


class SimulatedDevice:
    """A device whose values wander as real ones do, and which numbers its readings."""

    def __init__(self, number: int, session: str, chance: random.Random) -> None:
        self.device_id = f"sim-{number:04d}"
        self._session = session
        self._chance = chance
        self._count = 0
        self._temperature_c = chance.gauss(COMFORT_C, 3)
        self._humidity = chance.uniform(35, 65)
        self._lat = round(chance.uniform(45, 48), 5)
        self._lon = round(chance.uniform(6, 10), 5)

    def reading(self, now: datetime, shares: Shares) -> dict[str, object]:
        """Return the next reading, measured at `now`, as ingest takes it."""
        reading = self._next(now)
        if self._happens(shares.bad):
            return reading | self._chance.choice(FAULTS)
        if self._happens(shares.breach):
            return reading | {"temperature_c": round(self._chance.gauss(BREACHING_C, 1), 2)}
        return reading

    def sends_twice(self, shares: Shares) -> bool:
        """Return whether this device sends its request again, as after a lost response."""
        return self._happens(shares.duplicates)

    def _next(self, now: datetime) -> dict[str, object]:
        self._count += 1
        self._temperature_c += self._chance.gauss(0, 0.1) - 0.01 * (self._temperature_c - COMFORT_C)
        self._humidity = min(95.0, max(5.0, self._humidity + self._chance.gauss(0, 0.3)))
        return {
            "device_id": self.device_id,
            "id": f"{self._session}-{self._count}",
            "ts": now.isoformat(timespec="milliseconds"),
            "temperature_c": round(self._temperature_c, 2),
            "humidity": round(self._humidity, 2),
            "lat": self._lat,
            "lon": self._lon,
        }

    def _happens(self, share: float) -> bool:
        return self._chance.random() < share


FAULTS: list[dict[str, object]] = [  # what broken devices send; ingest refuses each with 422
    {"temperature_c": "warm"},
    {"humidity": True},
    {"lat": 123.4},
    {"ts": "yesterday"},
    {"device_id": "no spaces, please"},
    {"unit": "celsius"},
]
