"""Where a series has a gap: nothing came for longer than the sensor's own interval; pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from functions.dashboard.series.partials import Partial


def interval_of(points: Sequence[Partial]) -> timedelta | None:
    """Return how long it usually is between two values; None of fewer than two points.

    The middle one of what each point and the next say: the time between them, divided by the
    values of the first.
    """
    seconds = [
        (later.start - one.start).total_seconds() / one.count for one, later in pairwise(points)
    ]
    return timedelta(seconds=median(seconds)) if seconds else None


def with_gaps(points: Sequence[Partial], step: timedelta) -> Iterator[Partial | datetime]:
    """Yield the points, and between two of them the start of the first empty step of a gap.

    It is a gap where the steps that are empty for certain take longer than the interval. A line is
    not to be drawn across it.
    """
    interval = interval_of(points)
    for one, later in pairwise(points):
        yield one
        if interval is not None and later.start - one.start - step > interval:
            yield one.start + step
    yield from points[-1:]
