"""Queries give what Prometheus itself gives, of the same samples."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.dashboard.prometheus import formats
from tests.support.plain_http import NO_TLS
from tests.support.prometheus_server import is_there, prometheus_with
from tests.support.promql_evaluation import are_equal, ours
from tests.support.promql_queries import SERIES, T0, WINDOW, queries

QUERIES: Final = 500
pytestmark = pytest.mark.skipif(
    not is_there(), reason="no prometheus and promtool on PATH (Debian: package prometheus)"
)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder: Path = tmp_path_factory.mktemp("prometheus")
    with (
        prometheus_with(SERIES, folder, WINDOW - 1) as url,
        httpx.Client(base_url=f"{url}/api/v1", timeout=30, verify=NO_TLS) as client,
    ):
        yield client


def theirs(real: httpx.Client, query: str, times: range) -> tuple[int, Any]:
    asked: dict[str, str | float] = {
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
        assert are_equal(query, found, its), f"{found}\n{its}"


@pytest.mark.parametrize(
    "value", [0.0, -0.0, 1.0, 1e-7, 1.5e-6, 1e20, 1e21, 123456789.125, 0.1, 5e-324]
)
def test_numbers_are_written_as_prometheus_writes_them(real: httpx.Client, value: float) -> None:
    content = real.get("/query", params={"query": f"vector({value!r})", "time": 1}).json()

    assert formats.number(value) == content["data"]["result"][0]["value"][1]
