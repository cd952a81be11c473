"""How many readings of one device an instance takes: a token bucket for each device; pure.

Counted in readings, since a batch would dodge a limit of requests.
"""

import math
from collections import OrderedDict
from typing import Final

MAX_BUCKETS: Final = 65_536  # 23 MB; a device that is forgotten begins with a full bucket


class RateLimits:
    """The buckets of the devices that sent last; `rate` in readings a second, `burst` readings.

    A bucket that is not empty may be overdrawn by one request, so that no batch is too large to be
    sent ever; the device then waits until it is made up for.
    """

    def __init__(self, rate: float, burst: int, most: int = MAX_BUCKETS) -> None:
        self._rate = rate
        self._burst = burst
        self._most = most
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # level, and when

    def __len__(self) -> int:
        return len(self._buckets)

    @property
    def policy(self) -> str:
        """The field RateLimit-Policy: so many readings, and the seconds that refill a bucket."""
        return f'"device";q={self._burst};w={math.ceil(self._burst / self._rate)}'

    def take(self, device_id: str, readings: int, now: float) -> float:
        """Take readings of a device at `now` (seconds); return 0, or the seconds to wait first."""
        level = self._level_of(device_id, now)
        if level < 1:
            return (1 - level) / self._rate
        self._set(device_id, level - readings, now)
        return 0.0

    def give_back(self, device_id: str, readings: int, now: float) -> None:
        """Undo a `take`: the readings were not queued."""
        self._set(device_id, self._level_of(device_id, now) + readings, now)

    def _level_of(self, device_id: str, now: float) -> float:
        level, at = self._buckets.get(device_id, (float(self._burst), now))
        return min(level + (now - at) * self._rate, float(self._burst))

    def _set(self, device_id: str, level: float, now: float) -> None:
        self._buckets[device_id] = (level, now)
        self._buckets.move_to_end(device_id)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
