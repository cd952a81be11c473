"""The parameters of a query, as Prometheus' HTTP API takes them; pure."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import promql_parser as promql

from functions.dashboard.prometheus.errors import wrong
from shared.times import read_time

MAX_POINTS: Final = 11_000  # of a series, as Prometheus itself has it
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)
_LEAST_MS: Final = 0  # 1970: no reading is of an earlier time
_MOST_MS: Final = 253_370_764_800_000  # the year 9999


@dataclass(frozen=True, slots=True)
class Times:
    """When a query is evaluated: from start to end, both included; milliseconds."""

    start: int
    end: int
    step: int

    @property
    def steps(self) -> Sequence[int]:
        return range(self.start, self.end + 1, self.step)


def one(parameters: Mapping[str, Sequence[str]], name: str, default: str | None = None) -> str:
    """Return a parameter. Raise QueryError where there is none, or it is empty."""
    found = parameters.get(name, [""])[-1]
    if found:
        return found
    if default is None:
        raise wrong(f'invalid parameter "{name}": it is missing')
    return default


def instant_of(parameters: Mapping[str, Sequence[str]], now: datetime) -> Times:
    """Return the one time of an instant query."""
    at = _time(parameters, "time", now)
    return Times(at, at, 1)


def range_of(parameters: Mapping[str, Sequence[str]]) -> Times:
    """Return the times of a range query."""
    start, end = _time(parameters, "start", None), _time(parameters, "end", None)
    if end < start:
        raise wrong('invalid parameter "end": end timestamp must not be before start time')
    step = _step(one(parameters, "step"))
    if (end - start) // step > MAX_POINTS:
        raise wrong(
            "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query"
            " resolution (?step=XX)"
        )
    return Times(start, end, step)


def span_of(parameters: Mapping[str, Sequence[str]], now: datetime) -> tuple[int, int]:
    """Return from when to when series are asked for; all of it where nothing is said."""
    start = _time(parameters, "start", datetime.fromtimestamp(0, UTC))
    return start, _time(parameters, "end", now)


def limit_of(parameters: Mapping[str, Sequence[str]], most: int) -> int:
    """Return how many are wanted; 0 or none is as many as there may be."""
    text = one(parameters, "limit", "0")
    if not text.isascii() or not text.isdigit():
        raise wrong('invalid parameter "limit": it must be a whole number')
    return min(int(text[:9]) or most, most)


def _time(parameters: Mapping[str, Sequence[str]], name: str, default: datetime | None) -> int:
    text = one(parameters, name, None if default is None else "now")
    if text == "now" and default is not None:
        return _milliseconds(default)
    if _NUMBER.fullmatch(text):
        seconds = float(text)
        if math.isfinite(seconds) and _LEAST_MS <= seconds * 1e3 <= _MOST_MS:
            return round(seconds * 1e3)
    else:
        try:
            return max(_LEAST_MS, _milliseconds(read_time(text)))
        except ValueError:
            pass
    raise wrong(f'invalid parameter "{name}": cannot parse {text[:60]!r} to a valid timestamp')


def _step(text: str) -> int:
    if _NUMBER.fullmatch(text):
        step = float(text) * 1e3
    else:
        try:
            step = promql.parse_duration(text).total_seconds() * 1e3
        except ValueError:
            raise wrong(f'invalid parameter "step": {text[:60]!r} is no duration') from None
    if not 1 <= step <= _MOST_MS:
        raise wrong(
            'invalid parameter "step": zero or negative query resolution step widths are not'
            " accepted. Try a positive integer"
        )
    return round(step)


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1e3)
