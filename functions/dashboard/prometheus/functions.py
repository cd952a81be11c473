"""The functions that a query may call; pure."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from functions.dashboard.prometheus.arithmetic import (
    changes_in,
    deviation_of,
    greatest,
    increase_in,
    least,
    mean_of,
    quantile_of,
    slope_of,
    sum_of,
)


class Kind(StrEnum):
    """What an argument is."""

    SCALAR = "a number"
    VECTOR = "series"
    RANGE = "series with a range, such as x[5m]"


class Window(NamedTuple):
    """The samples of one series in a range; there is at least one. Times are milliseconds."""

    times: Sequence[int]
    values: Sequence[float]
    span: tuple[int, int]

    @property
    def seconds(self) -> float:
        return (self.span[1] - self.span[0]) / 1e3


OverRange = Callable[[Window, float], float | None]
OfValue = Callable[..., float]


@dataclass(frozen=True, slots=True)
class Function:
    """A function: the kinds of its arguments, and what it makes of a window or of a value.

    `over` gets the number that comes before the range, if
    one does; `of` gets the value and the numbers after it.
    """

    kinds: tuple[Kind, ...]
    over: OverRange | None = None
    of: OfValue | None = None
    keeps_name: bool = False


def _over(fold: Callable[[Sequence[float]], float]) -> Function:
    return Function((Kind.RANGE,), over=lambda window, _: fold(window.values))


def _increase(window: Window, *, is_counter: bool) -> float | None:
    return increase_in(window.times, window.values, window.span, is_counter=is_counter)


def _rate(window: Window, _: float) -> float | None:
    """Return the increase per second; by one factor, as Prometheus has it."""
    return increase_in(
        window.times, window.values, window.span, is_counter=True, per_seconds=window.seconds
    )


def _of(change: OfValue, *more: Kind) -> Function:
    return Function((Kind.VECTOR, *more), of=change)


def _rounded(value: float, to: float = 1.0) -> float:
    if not math.isfinite(value):
        return value
    inverse = 1.0 / to if to else math.inf
    scaled = value * inverse + 0.5
    return math.floor(scaled) / inverse if math.isfinite(scaled) else math.nan


def _whole(change: Callable[[float], int]) -> OfValue:
    return lambda value: float(change(value)) if math.isfinite(value) else value


def _min(one: float, other: float) -> float:
    return math.nan if math.isnan(one) or math.isnan(other) else min(one, other)


def _max(one: float, other: float) -> float:
    return math.nan if math.isnan(one) or math.isnan(other) else max(one, other)


def _sign(value: float) -> float:
    return math.copysign(1.0, value) if value < 0 or value > 0 else value


FUNCTIONS: Final[Mapping[str, Function]] = {
    "abs": _of(abs),
    "avg_over_time": _over(mean_of),
    "ceil": _of(_whole(math.ceil)),
    "changes": _over(changes_in),
    "clamp": _of(lambda v, low, high: _max(low, _min(high, v)), Kind.SCALAR, Kind.SCALAR),
    "clamp_max": _of(_min, Kind.SCALAR),
    "clamp_min": _of(_max, Kind.SCALAR),
    "count_over_time": _over(lambda values: float(len(values))),
    "delta": Function((Kind.RANGE,), over=lambda w, _: _increase(w, is_counter=False)),
    "deriv": Function((Kind.RANGE,), over=lambda w, _: slope_of(w.times, w.values)),
    "floor": _of(_whole(math.floor)),
    "increase": Function((Kind.RANGE,), over=lambda w, _: _increase(w, is_counter=True)),
    "last_over_time": Function((Kind.RANGE,), over=lambda w, _: w.values[-1], keeps_name=True),
    "max_over_time": _over(greatest),
    "min_over_time": _over(least),
    "quantile_over_time": Function(
        (Kind.SCALAR, Kind.RANGE), over=lambda window, share: quantile_of(share, window.values)
    ),
    "rate": Function((Kind.RANGE,), over=_rate),
    "round": _of(_rounded, Kind.SCALAR),
    "scalar": Function((Kind.VECTOR,)),
    "sgn": _of(_sign),
    "sqrt": _of(lambda value: math.sqrt(value) if value >= 0 else math.nan),
    "stddev_over_time": _over(deviation_of),
    "sum_over_time": _over(sum_of),
    "time": Function(()),
    "vector": Function((Kind.SCALAR,)),
}
