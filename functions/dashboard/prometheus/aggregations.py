"""Aggregations of the series of a group, step by step, as Prometheus computes them; pure."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from functions.dashboard.prometheus.arithmetic import greatest, least, quantile_of

Fold = Callable[[Sequence[float]], float]


def _mean(values: Sequence[float]) -> float:
    mean = 0.0
    for count, value in enumerate(values, 1):
        if count == 1:
            mean = value
            continue
        if math.isinf(mean) and (value == mean or math.isfinite(value)):
            continue
        mean += value / count - mean / count
    return mean


def _sum(values: Sequence[float]) -> float:
    total = values[0]
    for value in values[1:]:
        total += value
    return total


def _deviation(values: Sequence[float]) -> float:
    mean, squares = values[0], 0.0
    for count, value in enumerate(values[1:], 2):
        delta = value - mean
        mean += delta / count
        squares += delta * (value - mean)
    return math.sqrt(squares / len(values))


FOLDS: Final[Mapping[str, Fold]] = {
    "avg": _mean,
    "count": lambda values: float(len(values)),
    "group": lambda _: 1.0,
    "max": greatest,
    "min": least,
    "stddev": _deviation,
    "sum": _sum,
}


def quantile(values: Sequence[float], share: float) -> float:
    """Return the quantile of a group."""
    return quantile_of(share, values)


def highest(values: Sequence[float], count: float, *, is_bottom: bool) -> Sequence[int]:
    """Return the places of the `count` highest values (lowest, of the bottom).

    A heap as container/heap of Go has it, so that of equal values the same ones are taken.
    """
    most = 0 if math.isnan(count) else int(min(max(count, 0), len(values)))
    heap: list[int] = []

    def is_less(one: int, other: int) -> bool:
        a, b = values[heap[one]], values[heap[other]]
        return math.isnan(a) or (a > b if is_bottom else a < b)

    for place, value in enumerate(values):
        if len(heap) < most:
            heap.append(place)
            _up(heap, is_less, len(heap) - 1)
        elif heap:
            first = values[heap[0]]
            is_better = first > value if is_bottom else first < value
            if is_better or (math.isnan(first) and not math.isnan(value)):
                heap[0] = place
                _down(heap, is_less)
    return heap


def _up(heap: list[int], is_less: Callable[[int, int], bool], at: int) -> None:
    while at > 0 and is_less(at, parent := (at - 1) // 2):
        heap[at], heap[parent] = heap[parent], heap[at]
        at = parent


def _down(heap: list[int], is_less: Callable[[int, int], bool]) -> None:
    at = 0
    while (child := 2 * at + 1) < len(heap):
        if child + 1 < len(heap) and is_less(child + 1, child):
            child += 1
        if not is_less(child, at):
            return
        heap[at], heap[child] = heap[child], heap[at]
        at = child
