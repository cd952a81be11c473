"""Prometheus' API while the database is away."""

from collections.abc import Callable

import httpx
import pytest

Get = Callable[..., httpx.Response]


@pytest.mark.parametrize("path", ["query?query=t", "labels", "rules", "alerts", "metadata"])
def test_without_the_database_it_is_to_be_tried_again(get: Get, path: str) -> None:
    response = get(f"/prometheus/api/v1/{path}")

    assert (response.status_code, response.headers["retry-after"]) == (503, "2")
    assert response.json()["errorType"] == "timeout"


def test_what_needs_no_database_is_answered(get: Get) -> None:
    response = get("/prometheus/api/v1/query?query=1%2B1&time=4")

    assert response.json()["data"] == {"resultType": "scalar", "result": [4, "2"]}
