"""Answers in the forms of Prometheus' HTTP API; pure.

The type of a result comes before the result: Grafana else holds all of it before it reads.
"""

import json
import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from functions.dashboard.prometheus.labels import Labels
from functions.dashboard.prometheus.values import Row, Scalar, Vector

_SMALL: Final = 1e-6
_LARGE: Final = 1e21


def number(value: float) -> str:
    """Return a value as Prometheus writes it: the shortest that reads back as the same."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    text = repr(value)
    if value == 0 or _SMALL <= abs(value) < _LARGE:
        if "e" in text:
            text = format(Decimal(text), "f")
        return text.removesuffix(".0")
    return text if "e" in text else f"{value:e}"


def seconds(milliseconds: int) -> str:
    """Return a time in seconds, with milliseconds where it has some."""
    whole, rest = divmod(milliseconds, 1000)
    return f"{whole}.{rest:03}" if rest else f"{whole}"


def instant(value: Scalar | Vector, at: int) -> str:
    """Return the data of an instant query."""
    time = seconds(at)
    if isinstance(value, Scalar):
        return f'{{"resultType":"scalar","result":[{time},"{number(value.values[0])}"]}}'
    rows = ((row.labels, row.values[0]) for row in value.rows)
    found = ",".join(
        f'{{"metric":{_metric(labels)},"value":[{time},"{number(one)}"]}}'
        for labels, one in rows
        if one is not None
    )
    return f'{{"resultType":"vector","result":[{found}]}}'


def matrix(value: Scalar | Vector, steps: Sequence[int]) -> str:
    """Return the data of a range query; series in the order of their labels."""
    rows = [Row((), list(value.values))] if isinstance(value, Scalar) else value.rows
    times = [seconds(step) for step in steps]
    found = ",".join(_series(row, times) for row in sorted(rows, key=lambda row: row.labels))
    return f'{{"resultType":"matrix","result":[{found}]}}'


def success(data: str, warnings: Sequence[str] = ()) -> bytes:
    """Return the envelope of an answer, whose `data` is JSON."""
    told = f',"warnings":{json.dumps(list(warnings))}' if warnings else ""
    return f'{{"status":"success","data":{data}{told}}}'.encode()


def failure(error_type: str, message: str) -> bytes:
    """Return the envelope of an error."""
    return json.dumps({"status": "error", "errorType": error_type, "error": message}).encode()


def plain(data: object) -> str:
    """Return JSON without spaces."""
    return json.dumps(data, separators=(",", ":"))


def _metric(labels: Labels) -> str:
    return plain(dict(labels))


def _series(row: Row, times: Sequence[str]) -> str:
    return f'{{"metric":{_metric(row.labels)},"values":[{",".join(_points(row, times))}]}}'


def _points(row: Row, times: Sequence[str]) -> Iterator[str]:
    return (
        f'[{time},"{number(value)}"]'
        for time, value in zip(times, row.values, strict=True)
        if value is not None
    )
