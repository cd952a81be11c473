"""What the devices of a schedule of alerts say: near the limits, in bursts, late by up to a day."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from shared.mongo.reading_store import Incoming
from tests.simulation.generated_readings import Saying
from tests.simulation.seeded_random import Chance

_DEVICES: Final = ("a", "b", "c-1")
_QUIET: Final = (15.0, 22.0, 27.5)
_LOUD: Final = (34.0, 45.0, 55.0, 70.0)
_HUMIDITIES: Final = (10.0, 22.0, 40.0)
_STEP: Final = timedelta(seconds=15)
_LONGEST: Final = 6


@dataclass(slots=True)
class Devices:
    """The devices of one schedule, and all that they said."""

    chance: Chance
    start: datetime
    again: float
    late: float
    clockless: float
    many: int
    loud: float
    said: list[Saying] = field(default_factory=list)

    @classmethod
    def of(cls, chance: Chance, start: datetime) -> "Devices":
        return cls(
            chance,
            start,
            again=chance.one_of((0.1, 0.3)),
            late=chance.one_of((0.1, 0.4)),
            clockless=chance.one_of((0.0, 0.0, 0.3)),
            many=1 + chance.below(3),
            loud=chance.one_of((0.1, 0.3, 0.6)),
        )

    def event(self, now: datetime) -> Sequence[Incoming]:
        """Return what one event brings: one device's readings, some of them said before."""
        device_id = self.chance.one_of(_DEVICES[: self.many])
        many = self.chance.one_of((1, 1, 2, 4))
        sayings = [self._one(device_id, now) for _ in range(many)]
        if self.said and self.chance.happens(self.again):
            sayings.append(self.chance.one_of(self.said))
        self.said += sayings
        return [Incoming(one.reading(now), now) for one in sayings[:_LONGEST]]

    def well(self, now: datetime) -> Sequence[Incoming]:
        """Return an event of one reading that breaks no limit: now, or a little late."""
        device_id = self.chance.one_of(_DEVICES[: self.many])
        values = {"temperature_c": self.chance.one_of(_QUIET), "humidity": _HUMIDITIES[-1]}
        ts = now - self.chance.one_of((0, 0, 1, 5, 20, 60)) * _STEP
        saying = Saying(device_id, ts, f"n{len(self.said)}", values)
        self.said.append(saying)
        return [Incoming(saying.reading(now), now)]

    def _one(self, device_id: str, now: datetime) -> Saying:
        chance = self.chance
        temperatures = _LOUD if chance.happens(self.loud) else _QUIET
        values: dict[str, Any] = {"temperature_c": chance.one_of(temperatures)}
        if chance.happens(0.3):
            values["humidity"] = chance.one_of(_HUMIDITIES)
            if chance.happens(0.3):
                del values["temperature_c"]
        number = f"n{len(self.said)}.{chance.below(1 << 20)}"
        if chance.happens(self.clockless):
            return Saying(device_id, None, number, values)
        return Saying(device_id, self._time(now), number if chance.happens(0.2) else None, values)

    def _time(self, now: datetime) -> datetime:
        """Return a time on a coarse grid: so that some are equal, and gaps as long as limits."""
        chance = self.chance
        if chance.happens(self.late):
            back = chance.one_of((10, 100, 5_000)) * _STEP
            now -= back * chance.below(100) / 100
        elif chance.happens(0.1):
            now += timedelta(seconds=chance.below(200))
        steps = (now - self.start) // _STEP + chance.below(3)
        return self.start + steps * _STEP
