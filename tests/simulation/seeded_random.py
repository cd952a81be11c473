"""The one source of chance. All that is random in a schedule asks here: a seed replays it."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

_T = TypeVar("_T")


class Chance:
    """Chance from a seed: the same seed gives the same schedule, on every machine."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._draw = random.random

    def happens(self, share: float) -> bool:
        """Tell whether something happens that does so in `share` of all cases."""
        return share > 0 and self._draw() < share

    def below(self, end: int) -> int:
        """Give a whole number from 0 up to `end`, without it."""
        return int(self._draw() * end)

    def one_of(self, choices: Sequence[_T]) -> _T:
        return choices[int(self._draw() * len(choices))]

    def weighted(self, choices: Sequence[_T], weights: Sequence[float]) -> _T:
        left = self._draw() * sum(weights)
        for choice, weight in zip(choices, weights, strict=True):
            left -= weight
            if left < 0:
                return choice
        return choices[-1]

    def shuffled(self, items: Sequence[_T]) -> list[_T]:
        return self._random.sample(items, len(items))


class NoChance(Chance):
    """Nothing that may go wrong does: for the conformance suite."""

    def __init__(self) -> None:
        super().__init__(Random(0))

    def happens(self, share: float) -> bool:
        return share >= 1
