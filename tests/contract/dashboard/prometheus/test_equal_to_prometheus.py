"""Queries give what Prometheus itself gives, of the same samples.

The order in which Prometheus adds the series of a nested aggregation is that of a hash map, so
that its own last digit may differ from one time to the next; samples are quarters, and values are
compared to twelve digits.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.dashboard.prometheus import formats
from functions.dashboard.prometheus.errors import QueryError
from functions.dashboard.prometheus.evaluator import Steps, evaluate
from functions.dashboard.prometheus.labels import DEVICE, NAME, match_all
from functions.dashboard.prometheus.parser import parsed
from functions.dashboard.prometheus.selection import needs_of
from functions.dashboard.prometheus.values import Samples
from tests.support.prometheus_server import Series, is_there, prometheus_with
from tests.support.promql_queries import DEVICES, NAMES, T0, WINDOW, queries

QUERIES: Final = 500
_STATUS: Final = {"bad_data": 400, "execution": 422}
pytestmark = pytest.mark.skipif(
    not is_there(), reason="no prometheus and promtool on PATH (Debian: package prometheus)"
)


def made_series() -> list[Series]:
    """Give an hour of each series, with gaps, constant stretches and restarts."""
    chance = Random(17)
    found: list[Series] = []
    for name in NAMES:
        for device_id in DEVICES:
            samples: list[tuple[int, float]] = []
            value = chance.randrange(-20, 80) / 4
            for minute in range(60):
                if chance.random() < 0.3:
                    value = chance.randrange(-80, 160) / 4
                if chance.random() < 0.8:
                    samples.append((T0 + minute * WINDOW, value))
            found.append((name, device_id, samples))
    return found


SERIES: Final = made_series()
STORED: Final = [
    Samples(
        ((NAME, name), (DEVICE, device_id)), [at for at, _ in some], [value for _, value in some]
    )
    for name, device_id, some in sorted(SERIES)
]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder: Path = tmp_path_factory.mktemp("prometheus")
    with (
        prometheus_with(SERIES, folder, WINDOW - 1) as url,
        httpx.Client(base_url=f"{url}/api/v1", timeout=30) as client,
    ):
        yield client


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
    return 200, __import__("json").loads(formats.matrix(value, times))["result"]


def theirs(real: httpx.Client, query: str, times: range) -> tuple[int, Any]:
    asked = {
        "query": query,
        "start": times.start / 1000,
        "end": (times.stop - 1) / 1000,
        "step": times.step / 1000,
    }
    response = real.get("/query_range", params=asked)
    content = response.json()
    return response.status_code, content["data"]["result"] if "data" in content else content[
        "error"
    ]


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


@settings(
    max_examples=QUERIES,
    deadline=None,
    derandomize=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    query=queries,
    start=st.integers(-3, 50).map(lambda minutes: T0 + minutes * WINDOW),
    offset=st.sampled_from([0, 0, 1, 30_000, 59_999]),
    count=st.integers(0, 20),
    step=st.sampled_from([1_000, 15_000, 60_000, 90_000, 300_000]),
)
@pytest.mark.timeout(280)
def test_a_query_gives_what_prometheus_gives(
    real: httpx.Client, query: str, start: int, offset: int, count: int, step: int
) -> None:
    first = start + offset
    times = range(first, first + count * step + 1, step)

    status, found = ours(query, times)
    its_status, its = theirs(real, query, times)

    assert status == its_status, (found, its)
    if status == 200:
        assert are_equal(found, its), f"{found}\n{its}"


@pytest.mark.parametrize(
    "value", [0.0, -0.0, 1.0, 1e-7, 1.5e-6, 1e20, 1e21, 123456789.125, 0.1, 5e-324]
)
def test_numbers_are_written_as_prometheus_writes_them(real: httpx.Client, value: float) -> None:
    content = real.get("/query", params={"query": f"vector({value!r})", "time": 1}).json()

    assert formats.number(value) == content["data"]["result"][0]["value"][1]
