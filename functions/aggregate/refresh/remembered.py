"""What a process knows of pairs and devices from its own confirmed writes; safe to lose."""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from functions.aggregate.refresh.fold import Fold
from functions.aggregate.store.devices import DeviceFacts, Edges
from functions.aggregate.store.pairs import Pair

MAX_WEIGHT: Final = 600_000  # about 100 MB: a reading takes some 150 bytes, a pair 1,500
# From here on, pairs whose window is over make room: a load that stays needs no more in the end.
SETTLED_WEIGHT: Final = 200_000
_WINDOWS: Final = 2  # of which live readings come: the open one and the one before
_WEIGHT_OF_A_PAIR: Final = 10
_MAX_DEVICES: Final = 200_000


class Remembered:
    """The folds of the pairs that were counted last, and the edges of devices."""

    def __init__(self, max_weight: int | None = None, window_seconds: int = 60) -> None:
        self._max_weight = MAX_WEIGHT if max_weight is None else max_weight
        self._live = timedelta(seconds=_WINDOWS * window_seconds)
        self._newest: datetime | None = None  # start of a window
        self._folds: OrderedDict[Pair, Fold] = OrderedDict()
        self._weight = 0
        self._devices: dict[str, Edges] = {}

    def without_folds(self) -> "Remembered":
        """Return a memory of the same devices that forgets each fold: for work on what is over."""
        other = Remembered(max_weight=0)
        other._devices = self._devices
        return other

    def take(self, pair: Pair, sensors: Iterable[str]) -> Fold | None:
        """Take the pair's fold out, for who works on it, if it knows the views of these sensors.

        Out of memory it is nobody else's meanwhile, and lost where the work fails.
        """
        fold = self._folds.pop(pair, None)
        if fold is None:
            return None
        self._weight -= _weight(fold)
        return fold if all(sensor in fold.counts for sensor in sensors) else None

    def keep(self, pair: Pair, fold: Fold) -> None:
        """Remember a fold whose counts are those of our own confirmed writes, or were read."""
        before = self._folds.pop(pair, None)
        if before is not None:
            self._weight -= _weight(before)
        self._folds[pair] = fold
        self._weight += _weight(fold)
        self._newest = max(self._newest or pair.window_start, pair.window_start)
        while self._folds and self._weight > self._limit(next(iter(self._folds))):
            _, oldest = self._folds.popitem(last=False)
            self._weight -= _weight(oldest)

    def is_wider(self, facts: DeviceFacts) -> bool:
        """Return whether a device may be stored with narrower edges than these."""
        known = self._devices.get(facts.device_id)
        return known is None or facts.edges.is_beyond(known)

    def widened(self, facts: DeviceFacts) -> None:
        """Remember that a device is stored at least as wide as this."""
        if len(self._devices) >= _MAX_DEVICES:
            self._devices.clear()
        known = self._devices.get(facts.device_id, facts.edges)
        self._devices[facts.device_id] = known.joined(facts.edges)

    def _limit(self, oldest: Pair) -> int:
        """Return how much may be remembered, this pair being the one that was counted first."""
        assert self._newest is not None
        is_over = oldest.window_start <= self._newest - self._live
        return min(self._max_weight, SETTLED_WEIGHT) if is_over else self._max_weight


def _weight(fold: Fold) -> int:
    return _WEIGHT_OF_A_PAIR + len(fold.ids)
