"""The summary of a window's readings: one pure function, shared by live traffic and audits.

The result depends on the set of values alone: not on their order, not on when they came.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.readings.windows import window_start_of
from shared.times import rfc3339

P50: Final = 0.50
P95: Final = 0.95


@dataclass(frozen=True, slots=True)
class Summary:
    """The values of one sensor of one device in one window."""

    count: int
    sum: float
    min: float
    max: float
    average: float
    p50: float
    p95: float


@dataclass(frozen=True, slots=True, order=True)
class ViewKey:
    """Which view: device, sensor, and the window's start (aware UTC) and width in seconds."""

    device_id: str
    sensor_type: str
    window_start: datetime
    window_seconds: int

    @property
    def view_id(self) -> str:
        """The view's `_id` in aggregated_data."""
        start = rfc3339(self.window_start)
        return f"{self.device_id}/{self.sensor_type}/{self.window_seconds}s/{start}"


def fold(values: Sequence[float]) -> Summary:
    """Return the summary of at least one finite value.

    The sum is exact before its one rounding (math.fsum), so order cannot matter; the average is
    held between min and max, which rounding could leave.
    """
    ordered = sorted(values)
    total = math.fsum(ordered)
    low, high = ordered[0], ordered[-1]
    return Summary(
        count=len(ordered),
        sum=total,
        min=low,
        max=high,
        average=min(max(total / len(ordered), low), high),
        p50=_quantile(ordered, P50),
        p95=_quantile(ordered, P95),
    )


def settled_until(clock: datetime, window_seconds: int, grace_seconds: int) -> datetime:
    """Return the end of the last window that ended at least `grace_seconds` before `clock`."""
    return window_start_of(clock - timedelta(seconds=grace_seconds), window_seconds)


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Return a quantile, interpolated between the two closest ranks (type 7, as NumPy has it)."""
    place = (len(ordered) - 1) * share
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    low, high = ordered[below], ordered[above]
    return min(max(low + (high - low) * (place - below), low), high)
