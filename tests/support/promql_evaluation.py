"""Evaluates queries on the samples of the tests, and compares two answers."""

import json
import math
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


def points(result: Any) -> dict[Any, dict[float, float]]:
    return {
        tuple(sorted(one["metric"].items())): {at: float(value) for at, value in one["values"]}
        for one in result
        if one["values"]
    }


def are_equal(one: Any, other: Any) -> bool:
    mine, its = points(one), points(other)
    if mine.keys() != its.keys():
        return False
    for labels, values in its.items():
        if values.keys() != mine[labels].keys():
            return False
        for at, value in values.items():
            found = mine[labels][at]
            same = math.isclose(value, found, rel_tol=1e-12, abs_tol=1e-12)
            if not same and not (math.isnan(value) and math.isnan(found)):
                return False
    return True
