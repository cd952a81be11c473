"""How old the oldest reading is that an open view lacks, seen by who reads the database."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pymongo.asynchronous.database import AsyncDatabase

from tests.volume.fleet import Fleet

_EVERY_S: Final = 0.5
_STEP_S: Final = 0.01


@dataclass(slots=True)
class Freshness:
    """Samples of every device's age: how long ago it said the oldest reading its views lack.

    A reading that was said and is still on its way counts too. Ages are taken over the open window
    and the one before it.
    """

    fleet: Fleet
    width: timedelta = timedelta(minutes=1)
    ages: Counter[int] = field(default_factory=Counter)
    worst: list[tuple[datetime, float]] = field(default_factory=list)  # of each sample
    latest_worst_s: float = 0.0

    def quantile(self, share: float) -> float:
        """Return the age in seconds that this share of all samples does not exceed."""
        left = share * self.ages.total()
        for step in sorted(self.ages):
            left -= self.ages[step]
            if left <= 0:
                return step * _STEP_S
        return 0.0

    @property
    def worst_s(self) -> float:
        """Return the largest age of all."""
        return max((age for _, age in self.worst), default=0.0)

    def worst_between(self, first: datetime, last: datetime) -> float:
        """Return the largest age among the samples of that time."""
        return max((age for at, age in self.worst if first <= at < last), default=0.0)

    async def watch(self, database: AsyncDatabase[dict[str, Any]]) -> None:
        """Sample until cancelled."""
        while True:
            await self._sample(database)
            await asyncio.sleep(_EVERY_S)

    async def _sample(self, database: AsyncDatabase[dict[str, Any]]) -> None:
        now = datetime.now(UTC)
        open_start = datetime.fromtimestamp(
            now.timestamp() // self.width.total_seconds() * self.width.total_seconds(), UTC
        )
        starts = [open_start - self.width, open_start]
        counts: dict[tuple[str, datetime], int] = {}
        wanted = {"timestamp": {"$in": starts}, "device_id": {"$regex": f"^{self.fleet.name}-"}}
        fields = {"device_id": 1, "timestamp": 1, "count": 1}
        async for view in database["aggregated_data"].find(wanted, fields):
            counts[view["device_id"], view["timestamp"]] = view["count"]
        worst = 0.0
        for device in range(self.fleet.devices):
            age = self._age(device, starts, counts, now)
            self.ages[int(age / _STEP_S)] += 1
            worst = max(worst, age)
        self.worst.append((now, worst))
        self.latest_worst_s = worst

    def _age(
        self,
        device: int,
        starts: list[datetime],
        counts: dict[tuple[str, datetime], int],
        now: datetime,
    ) -> float:
        name = self.fleet.device_id(device)
        for start in starts:
            before = self.fleet.said_until(device, start)
            said = self.fleet.said_until(device, min(start + self.width, now)) - before
            counted = counts.get((name, start), 0)
            if counted < said:
                return (now - self.fleet.time_of(device, before + counted)).total_seconds()
        return 0.0
