from collections.abc import Callable

import httpx
import pytest

Get = Callable[..., httpx.Response]
RECEIPT = "/receipts/" + "0" * 44
LISTS = ["/telemetry", "/aggregated", "/alerts", "/alerts/recent", "/devices", "/dead-letters",
         "/silences", "/devices/d/telemetry", "/devices/d/aggregates"]  # fmt: skip
ALL = [*LISTS, "/alerts/a", "/stats", RECEIPT]


@pytest.mark.parametrize("path", [*ALL, *(f"/v1{path}" for path in ALL)])
def test_a_database_that_is_away_is_a_503_to_be_retried(get: Get, path: str) -> None:
    response = get(path)

    assert response.status_code == 503
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["retry-after"] == "2"


def test_the_public_does_not_read_where_the_database_is(get: Get) -> None:
    assert "10.0.0.7" not in get("/stats").text


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=ten", "limit"),
        ("offset=10", "offset"),
        ("device_id[$ne]=x", "device_id[$ne]"),
        ("cursor=" + "a" * 1025, "cursor"),
    ],
)
@pytest.mark.parametrize("path", LISTS)
def test_a_wrong_parameter_is_named(get: Get, path: str, query: str, parameter: str) -> None:
    response = get(f"{path}?{query}")

    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["parameter"] == parameter
    assert parameter in response.json()["detail"]


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/telemetry?from=yesterday", "from"),
        ("/telemetry?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "to"),
        ("/telemetry?device_id=%24ne", "device_id"),
        ("/aggregated?sensor_type=1", "sensor_type"),
        ("/alerts?severity=%24ne", "severity"),
        ("/alerts?status=closed", "status"),
        ("/alerts?status=active,", "status"),
        ("/alerts?status=active&device_id=d&sensor_type=s", "status"),
        ("/alerts?since=yesterday", "since"),
        ("/alerts?since=24h&from=2026-01-01T00:00:00Z", "since"),
        ("/alerts/a%20b", "alert_id"),
        ("/alerts/a/b/c", "alert_id"),
        ("/alerts/a?limit=1", "limit"),
        ("/silences?state=gone", "state"),
        ("/silences?from=2026-01-01T00:00:00Z", "from"),
        ("/alerts/recent?within=soon", "within"),
        ("/alerts/recent?from=2026-01-01T00:00:00Z", "from"),
        ("/dead-letters?status=closed", "status"),
        ("/devices/a%20b/telemetry", "device_id"),
        ("/devices/d/telemetry?device_id=e", "device_id"),
        ("/stats?limit=1", "limit"),
        ("/receipts/unknown", "reading_id"),
    ],
)
def test_a_parameter_is_refused_before_the_database_is_asked(
    get: Get, path: str, parameter: str
) -> None:
    response = get(path)

    assert response.status_code == 422
    assert response.json()["parameter"] == parameter


@pytest.mark.parametrize("path", LISTS)
def test_a_cursor_that_is_none_is_a_400(get: Get, path: str) -> None:
    response = get(f"{path}?cursor=bm9uZQ")

    assert response.status_code == 400
    assert response.json()["parameter"] == "cursor"


@pytest.mark.parametrize("path", ["/nope", "/telemetry//", "/v1", "/assets/../main.py", "/redoc"])
def test_an_unknown_route_is_a_404_problem(get: Get, path: str) -> None:
    response = get(path)

    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_written_here(get: Get, method: str) -> None:
    response = get("/telemetry", method)

    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD, OPTIONS"
    assert response.headers["content-type"] == "application/problem+json"
