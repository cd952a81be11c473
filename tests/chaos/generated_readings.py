"""Readings of every kind, generated from a seed, that devices post during a run.

Each reading carries a number of its own as a further sensor, `seq`, so that whatever is stored can
be told apart without any of the system's own ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

Key = tuple[str, int]  # device and `seq`
SIZES = (1, 1, 1, 2, 5, 25)  # readings in one request
BAD: dict[str, Any] = {"device_id": "refused", "humidity": "wet"}
BAD_SHARE = 0.03
TIMES = {  # which part of the readings has which time
    "now": 0.68,
    "late by seconds": 0.08,
    "late by days": 0.06,
    "ahead by minutes": 0.04,
    "at a window's edge": 0.02,
    "the time of the last one": 0.02,
    "none, an id": 0.08,
    "none, no id": 0.02,
}


@dataclass(frozen=True, slots=True)
class GeneratedReading:
    """One reading of a device, which may post it several times."""

    key: Key
    posted: dict[str, Any]

    @property
    def is_recognisable(self) -> bool:
        """Whether the same post again is the same reading, as ingest promises."""
        return "ts" in self.posted or "id" in self.posted


class Gateway:
    """A gateway posts for two devices, and numbers their readings."""

    def __init__(self, number: int, window_s: int, chance: random.Random) -> None:
        self.devices = [f"chaos-{number:03d}{letter}" for letter in "ab"]
        self._chance = chance
        self._window_s = window_s
        self._count = 0
        self._last = datetime.now(UTC)

    def request(self, now: datetime) -> list[GeneratedReading]:
        """Return the readings of the next request."""
        return [self._reading(now) for _ in range(self._chance.choice(SIZES))]

    def _reading(self, now: datetime) -> GeneratedReading:
        chance = self._chance
        self._count += 1
        device = chance.choice(self.devices)
        posted: dict[str, Any] = {"device_id": device, "measurements": {"seq": self._count}}
        (kind,) = chance.choices(list(TIMES), list(TIMES.values()))
        moment = self._moment(kind, now)
        if moment is not None:
            self._last = moment
            posted["ts"] = moment.isoformat()
        if kind == "none, an id" or chance.random() < 0.2:
            posted["id"] = f"r{self._count}" if kind != "none, no id" else None
        posted["temperature_c"] = round(chance.gauss(35, 12), 2)  # one in ten is too hot
        if chance.random() < 0.5:
            posted["humidity"] = round(chance.uniform(-2, 102), 1)
        return GeneratedReading(
            (device, self._count), {k: v for k, v in posted.items() if v is not None}
        )

    def _moment(self, kind: str, now: datetime) -> datetime | None:
        chance = self._chance
        start = int(now.timestamp()) // self._window_s * self._window_s
        days = timedelta(days=chance.randint(1, 9), seconds=chance.uniform(0, 600))
        moments = {
            "now": now,
            "late by seconds": now - timedelta(seconds=chance.uniform(1, 90)),
            "late by days": now - days,
            "ahead by minutes": now + timedelta(seconds=chance.uniform(30, 240)),
            "at a window's edge": datetime.fromtimestamp(start, UTC),
            "the time of the last one": self._last,
        }
        return moments.get(kind)
