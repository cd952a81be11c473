"""Numbers as Prometheus computes with them (promql/functions.go and engine.go of 2.42); pure.

Sums are Kahan's in Neumaier's form, quantiles lie between the two closest ranks, and rates are
extrapolated to the borders of their range.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Final

Numbers = Sequence[float]
_ENDS: Final = 2  # a first sample and a last one
_CLOSE: Final = 1.1  # of the average distance: as near is a border that a rate is extrapolated to


def kahan(more: float, total: float, rest: float) -> tuple[float, float]:
    """Return a sum and its rest with one more summand."""
    summed = total + more
    if abs(total) >= abs(more):
        return summed, rest + ((total - summed) + more)
    return summed, rest + ((more - summed) + total)


def sum_of(values: Numbers) -> float:
    """Return the sum."""
    total = rest = 0.0
    for value in values:
        total, rest = kahan(value, total, rest)
    return total if math.isinf(total) else total + rest


def mean_of(values: Numbers) -> float:
    """Return the mean, which no sum of large values overflows."""
    mean = rest = 0.0
    for count, value in enumerate(values, 1):
        if math.isinf(mean) and (value == mean or math.isfinite(value)):
            continue
        more = value / count - mean / count  # what follows is `kahan`: a call takes as long again
        summed = mean + more
        rest += (mean - summed) + more if abs(mean) >= abs(more) else (more - summed) + mean
        mean = summed
    return mean if math.isinf(mean) else mean + rest


def deviation_of(values: Numbers) -> float:
    """Return the standard deviation of the population."""
    mean = mean_rest = squares = rest = 0.0
    for count, value in enumerate(values, 1):
        delta = value - (mean + mean_rest)
        mean, mean_rest = kahan(delta / count, mean, mean_rest)
        squares, rest = kahan(delta * (value - (mean + mean_rest)), squares, rest)
    return math.sqrt((squares + rest) / len(values))


def quantile_of(share: float, values: Numbers) -> float:
    """Return the quantile of at least one value; infinite for a share that is none."""
    if math.isnan(share):
        return math.nan
    if not 0 <= share <= 1:
        return math.copysign(math.inf, share)
    ordered = sorted(values, key=lambda value: (not math.isnan(value), value))
    rank = share * (len(ordered) - 1)
    below = math.floor(rank)
    above = min(len(ordered) - 1, below + 1)
    weight = rank - below
    return ordered[below] * (1 - weight) + ordered[above] * weight


def least(values: Numbers) -> float:
    """Return the least; one that is no number only where all are."""
    found = values[0]
    for value in values:
        if value < found or math.isnan(found):
            found = value
    return found


def greatest(values: Numbers) -> float:
    """Return the greatest; one that is no number only where all are."""
    found = values[0]
    for value in values:
        if value > found or math.isnan(found):
            found = value
    return found


def changes_in(values: Numbers) -> float:
    """Return how often the value is another than the one before."""
    pairs = pairwise(values)
    return float(sum(a != b and not (math.isnan(a) and math.isnan(b)) for a, b in pairs))


def slope_of(times: Sequence[int], values: Numbers) -> float | None:
    """Return the slope per second by least squares; None of less than two samples."""
    if len(values) < _ENDS:
        return None
    if all(value == values[0] for value in values):
        return math.nan if math.isinf(values[0]) else 0.0
    sums = [(0.0, 0.0)] * 4
    for at, value in zip(times, values, strict=True):
        x = (at - times[0]) / 1e3
        terms = (x, value, x * value, x * x)
        sums = [kahan(term, *one) for term, one in zip(terms, sums, strict=True)]
    of_x, of_y, of_xy, of_xx = (total + rest for total, rest in sums)
    count = float(len(values))
    return divided(of_xy - of_x * of_y / count, of_xx - of_x * of_x / count)


def increase_in(
    times: Sequence[int],
    values: Numbers,
    span: tuple[int, int],
    *,
    is_counter: bool,
    per_seconds: float = 1.0,
) -> float | None:
    """Return the increase over the span (milliseconds), extrapolated to its borders.

    Of a counter a smaller value is a restart from 0. None of less than two samples.
    """
    if len(values) < _ENDS:
        return None
    result = values[-1] - values[0]
    if is_counter:
        for before, value in pairwise(values):
            if value < before:
                result += before
    to_start, to_end = (times[0] - span[0]) / 1e3, (span[1] - times[-1]) / 1e3
    sampled = (times[-1] - times[0]) / 1e3
    average = sampled / (len(values) - 1)
    if is_counter and result > 0 and values[0] >= 0:
        to_start = min(to_start, sampled * (values[0] / result))
    threshold = average * _CLOSE
    covered = sampled
    for border in (to_start, to_end):
        covered += border if border < threshold else average / 2
    return result * (covered / sampled / per_seconds)


def divided(one: float, other: float) -> float:
    """Return the quotient, as IEEE 754 has it."""
    try:
        return one / other
    except ZeroDivisionError:
        if one == 0 or math.isnan(one):
            return math.nan
        return math.copysign(math.inf, one) * math.copysign(1.0, other)


def remainder(one: float, other: float) -> float:
    """Return what is left of a division towards 0; no number where there is none."""
    try:
        return math.fmod(one, other)
    except ValueError:
        return math.nan


def power(one: float, other: float) -> float:
    """Return the power, as Go's math.Pow has it."""
    try:
        return math.pow(one, other)
    except OverflowError:
        is_odd = other == math.floor(other) and other % 2 == 1
        return -math.inf if one < 0 and is_odd else math.inf
    except ValueError:
        if one == 0 and other < 0:
            is_odd = other == math.floor(other) and other % 2 == 1
            return math.copysign(math.inf, one) if is_odd else math.inf
        return math.nan


ARITHMETIC: Final[Mapping[str, Callable[[float, float], float]]] = {
    "+": lambda one, other: one + other,
    "-": lambda one, other: one - other,
    "*": lambda one, other: one * other,
    "/": divided,
    "%": remainder,
    "^": power,
}
COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "==": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    ">": lambda one, other: one > other,
    "<": lambda one, other: one < other,
    ">=": lambda one, other: one >= other,
    "<=": lambda one, other: one <= other,
}
