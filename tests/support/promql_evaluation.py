"""Evaluates queries on the samples of the tests, and compares two answers."""

import json
import math
import re
from typing import Any, Final

from functions.dashboard.prometheus import formats
from functions.dashboard.prometheus.errors import QueryError
from functions.dashboard.prometheus.evaluator import Steps, evaluate
from functions.dashboard.prometheus.labels import DEVICE, NAME, match_all
from functions.dashboard.prometheus.parser import parsed
from functions.dashboard.prometheus.selection import needs_of
from functions.dashboard.prometheus.values import Samples
from tests.support.promql_queries import SERIES, WINDOW

_STATUS: Final = {"bad_data": 400, "execution": 422}
_AGGREGATION: Final = re.compile(
    r"\b(?:sum|avg|min|max|count|group|stddev|topk|bottomk|quantile)"
    r"(?: (?:by|without) \([^)]*\))? \("
)
_NESTED: Final = 2
Points = dict[tuple[tuple[str, str], ...], dict[float, float]]
STORED: Final = [
    Samples(
        ((NAME, name), (DEVICE, device_id)), [at for at, _ in some], [value for _, value in some]
    )
    for name, device_id, some in sorted(SERIES)
]


def ours(query: str, times: range) -> tuple[int, Any]:
    """Return the status and the series, or the message."""
    try:
        tree = parsed(query)
        steps = Steps(times, WINDOW - 1)
        stored = {
            need.selector: [one for one in STORED if match_all(need.selector.matchers, one.labels)]
            for need in needs_of(tree, steps)
        }
        value = evaluate(tree, steps, stored)
    except QueryError as error:
        return _STATUS[error.error_type], str(error)
    return 200, json.loads(formats.matrix(value, times))["result"]


def points(result: Any) -> Points:
    return {
        tuple(sorted(one["metric"].items())): {at: float(value) for at, value in one["values"]}
        for one in result
        if one["values"]
    }


def are_equal(query: str, one: Any, other: Any) -> bool:
    """Return whether two answers to a query are the same, to the last digit where that is fixed.

    It is not of a power, for which Go has an algorithm of its own, and of an aggregation of
    another, whose order is that of a hash map: these are compared to twelve digits.
    """
    is_fixed = "^" not in query and len(_AGGREGATION.findall(query)) < _NESTED
    return _similar(points(one), points(other), 0.0 if is_fixed else 1e-12)


def _similar(mine: Points, its: Points, tolerance: float) -> bool:
    return mine.keys() == its.keys() and all(
        values.keys() == mine[labels].keys()
        and all(_close(value, mine[labels][at], tolerance) for at, value in values.items())
        for labels, values in its.items()
    )


def _close(one: float, other: float, tolerance: float) -> bool:
    both_are_none = math.isnan(one) and math.isnan(other)
    return both_are_none or math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance)
