"""What the devices of a schedule say, and when.

Readings near the database's time, at the edges of windows, late by days, ahead by minutes, at equal
times, again, and without a clock. Each has a power of two as its value of TAG: the sum of some of
these says which readings they are.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from shared.mongo.reading_store import Incoming
from shared.readings.identity import digest_of, reading_id_of
from shared.readings.reading import Reading
from tests.simulation.profile import ANY, HOT, NEW, RETENTION
from tests.simulation.seeded_random import Chance

WIDTH_S: Final = 60
TAG: Final = "tag"
_TAGS: Final = 50  # sums of more powers of two would be rounded
_DAY: Final = timedelta(days=1)
_MS: Final = timedelta(milliseconds=1)
_TEMPERATURES: Final = (20.5, 21.25, -10.0, 50.0, -0.0, 55.1, 80.0, -30.3, 0.1, 0.2)
_OTHERS: Final = (3.0, 40.7, 101.0, 1e-3, 1013.2)
_INGEST_CLOCKS_S: Final = (0.0, 0.0, 0.0, -130.0, 70.0)
_OFTEN: Final = 0.3
_LONGEST: Final = 8  # readings of one event
_DEVICES: Final = ("a", "b", "c")


@dataclass(frozen=True, slots=True)
class Saying:
    """What one device says once: the same each time it sends it. `ts` is None without a clock."""

    device_id: str
    ts: datetime | None
    client_id: str | None
    values: dict[str, Any]

    def reading(self, now: datetime) -> Reading:
        """Give the reading that ingest makes of it when it comes at `now`."""
        ts = now if self.ts is None else self.ts
        named = {**self.values, **self.values.get("measurements", {})}
        named.pop("measurements", None)
        position = (named.pop("lat", None), named.pop("lon", None))
        digest = digest_of(self.device_id, self.ts, self.client_id, named, position)
        return Reading(
            reading_id=reading_id_of(ts, digest),
            device_id=self.device_id,
            ts=ts,
            client_id=self.client_id,
            ts_assigned=self.ts is None,
            **self.values,
        )


@dataclass(slots=True)
class Devices:
    """The devices of one schedule, and all that they said; shares say how often what occurs."""

    chance: Chance
    start: datetime
    again: float
    clockless: float
    kind: str  # of the schedule
    said: list[Saying] = field(default_factory=list)
    batches: list[list[Saying]] = field(default_factory=list)

    @classmethod
    def of(cls, chance: Chance, start: datetime, kind: str = ANY) -> "Devices":
        again = chance.one_of((0.2, 0.4, 0.7))
        clockless = chance.one_of((0.0, 0.15, 0.6))
        return cls(chance, start, again, clockless, kind)

    def event(self, now: datetime) -> list[Incoming]:
        """Give what one event brings: new readings and old ones, or an earlier batch again: whole,
        half, or with another, in another order.
        """
        chance = self.chance
        if self.kind in _PAIRS:
            saying = _PAIRS[self.kind](self, now)
            self.said.append(saying)
            return [Incoming(saying.reading(now), now)]
        if self.batches and chance.happens(self.again / 2):
            batch = chance.shuffled(chance.one_of(self.batches))
            if chance.happens(0.3):
                batch = batch[: 1 + len(batch) // 2]
            elif chance.happens(0.3):
                batch = chance.shuffled([*batch, *chance.one_of(self.batches)])
        else:
            batch = [self._one(now) for _ in range(1 + chance.below(4))]
        del batch[_LONGEST:]
        self.batches.append(batch)
        by_ingest = now + timedelta(seconds=chance.one_of(_INGEST_CLOCKS_S))
        return [Incoming(saying.reading(by_ingest), by_ingest) for saying in batch]

    def _one(self, now: datetime) -> Saying:
        if self.said and self.chance.happens(self.again):
            return self.chance.one_of(self.said)
        saying = self._saying(now)
        self.said.append(saying)
        return saying

    def in_a_new_window(self, _now: datetime) -> Saying:
        """Few readings in each of many windows: who writes a view meets another who does."""
        window, place = divmod(len(self.said), 2)
        ts = self.start - _DAY + timedelta(minutes=window, seconds=place)
        return Saying("a", ts, None, {"temperature_c": float(place)} | self._tagged())

    def in_one_window(self, now: datetime) -> Saying:
        """All readings in one window: who counts it does so again and again.

        A late one, or the present one and the one before.
        """
        place = len(self.said)
        ts = self.start - _DAY + timedelta(seconds=place % 30, milliseconds=place)
        if self.again > _OFTEN:
            ts = now - timedelta(milliseconds=self.chance.below(20_000))
        return Saying("a", ts, None, {"temperature_c": float(place)} | self._tagged())

    def at_the_start(self, _now: datetime) -> Saying:
        """All readings in one of the first windows, however late it is."""
        place = len(self.said)
        window = timedelta(seconds=self.chance.one_of((0, 0, WIDTH_S)))
        ts = self.start - window - timedelta(seconds=place % 40, milliseconds=place)
        return Saying("a", ts, None, {"temperature_c": float(place)} | self._tagged())

    def _saying(self, now: datetime) -> Saying:
        chance = self.chance
        device_id = chance.one_of(_DEVICES[: 1 + len(self.said) % 3])
        values: dict[str, Any] = {"temperature_c": chance.one_of(_TEMPERATURES) + 0.0}
        if chance.happens(0.3):
            values["humidity"] = chance.one_of(_OTHERS)
        values |= self._tagged()
        if len(self.said) % 4 == 1:
            values |= {"lat": 47.5, "lon": -float(len(self.said))}
        if chance.happens(0.2):
            values.setdefault("measurements", {})["pressure_hpa"] = chance.one_of(_OTHERS)
        if chance.happens(self.clockless):
            return Saying(device_id, None, f"n{len(self.said)}", values)
        client_id = f"n{len(self.said)}" if chance.happens(0.3) else None
        return Saying(device_id, chance.one_of(_TIMES)(self, now), client_id, values)

    def _tagged(self) -> dict[str, Any]:
        number = len(self.said)
        return {"measurements": {TAG: 2.0**number}} if number < _TAGS else {}

    def equal(self, now: datetime) -> datetime:
        times = [one.ts for one in self.said if one.ts is not None]
        return self.chance.one_of(times) if times else now

    def near(self, now: datetime) -> datetime:
        return now - timedelta(milliseconds=self.chance.below(20_000))

    def microsecond(self, now: datetime) -> datetime:
        return now - timedelta(microseconds=self.chance.below(5_000))

    def ahead(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self.chance.below(240))

    def edge(self, now: datetime) -> datetime:
        edge = now - timedelta(seconds=now.timestamp() % WIDTH_S)
        return self.chance.one_of((edge, edge - _MS, edge + timedelta(seconds=WIDTH_S) - _MS))

    def one_window_late(self, now: datetime) -> datetime:
        return now - timedelta(seconds=WIDTH_S + self.chance.below(10))

    def days_late(self, _now: datetime) -> datetime:
        return self.start - self.chance.one_of((_DAY, 3 * _DAY))


_PAIRS: Final[dict[str, Callable[[Devices, datetime], Saying]]] = {
    NEW: Devices.in_a_new_window,
    HOT: Devices.in_one_window,
    RETENTION: Devices.at_the_start,
}
_TIMES: Final[tuple[Callable[[Devices, datetime], datetime], ...]] = (
    Devices.near,
    Devices.near,
    Devices.microsecond,
    Devices.equal,
    Devices.edge,
    Devices.one_window_late,
    Devices.days_late,
    Devices.ahead,
)
