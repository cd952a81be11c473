"""The nearest limits of a rule: what no level minds, and how far beyond a value lies."""

from dataclasses import dataclass
from math import inf
from typing import Self

from shared.alerts.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Limits:
    """A value from `low` to `high` breaches no level of the rule; infinite where no limit is."""

    low: float
    high: float

    @classmethod
    def of(cls, rule: Rule) -> Self:
        """Return the nearest limits of all levels."""
        highs = [level.high for level in rule.levels if level.high is not None]
        lows = [level.low for level in rule.levels if level.low is not None]
        return cls(max(lows, default=-inf), min(highs, default=inf))

    def excess(self, value: float) -> float:
        """Return how far the value is beyond the nearest limit; negative within them."""
        return max(value - self.high, self.low - value)
