"""Sums of which no digit is lost; pure."""

import math
from collections.abc import Iterable


def exact_sum(values: Iterable[float]) -> tuple[float, ...]:
    """Return the exact sum as floats: its nearest one, that of what is left, and so on to nothing.

    Equal sums give equal floats, in whatever order and from whatever parts they were added.
    """
    left = list(values)
    parts: list[float] = []
    while rounded := math.fsum(left):
        parts.append(rounded)
        left.append(-rounded)
    return tuple(parts) or (0.0,)
