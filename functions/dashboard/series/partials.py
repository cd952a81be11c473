"""Summaries that become the points of a series, exact however they are merged; pure.

Of a sum all digits are kept until it is shown. So a down-sampling of a down-sampling is the same as
one, and ranges that meet give what the whole gives.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.exact_sum import exact_sum
from shared.readings.identity import EPOCH


@dataclass(frozen=True, slots=True)
class Partial:
    """The values of one sensor from `start` (aware UTC) on: of a window, or of many.

    `total` is the exact sum of the windows' sums, as `exact_sum` gives it.
    """

    start: datetime
    count: int
    min: float
    max: float
    total: tuple[float, ...]

    @property
    def average(self) -> float:
        """The mean of all values: windows weigh by their count. Between min and max, as theirs."""
        return min(max(self.total[0] / self.count, self.min), self.max)


def step_start(at: datetime, step: timedelta) -> datetime:
    """Return the start of the step, counted from 1970, that holds `at`."""
    return EPOCH + (at - EPOCH) // step * step


def downsampled(partials: Iterable[Partial], step: timedelta) -> list[Partial]:
    """Return one of each step that has any, in the order of time; they may come in any order."""
    steps: dict[datetime, list[Partial]] = {}
    for one in partials:
        steps.setdefault(step_start(one.start, step), []).append(one)
    return [_merged(start, steps[start]) for start in sorted(steps)]


def _merged(start: datetime, some: list[Partial]) -> Partial:
    return Partial(
        start,
        sum(one.count for one in some),
        min(one.min for one in some),
        max(one.max for one in some),
        exact_sum(part for one in some for part in one.total),
    )
