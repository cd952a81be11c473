"""What clients add to a URL by habit: a slash, a cache buster; what is unclear is refused."""

from collections.abc import Callable

import httpx
import pytest

Get = Callable[..., httpx.Response]
LISTS = ["/telemetry", "/aggregated", "/alerts", "/alerts/recent", "/devices", "/dead-letters",
         "/silences", "/devices/d/telemetry", "/devices/d/aggregates"]  # fmt: skip
LOOKUPS = ["/stats", "/receipts/" + "0" * 44]
SERIES = ["/devices/d/series?sensor=lux", "/series?device_id=d&sensor=lux"]
REACHED = 503  # the database is away: the request got as far as it


@pytest.mark.parametrize("query", ["_=1764110000", "_", "_=1&_=2", "_=%ED%A0%80"])
@pytest.mark.parametrize("path", [*LISTS, *LOOKUPS, "/v1/stats"])
def test_a_cache_buster_is_ignored(get: Get, path: str, query: str) -> None:
    assert get(f"{path}?{query}").status_code == REACHED


@pytest.mark.parametrize("path", SERIES)
def test_a_series_takes_what_the_lists_take(get: Get, path: str) -> None:
    assert get(f"{path}&_=17").status_code == REACHED
    assert get(path.replace("?", "/?")).status_code == REACHED
    assert get(f"/v1{path}&from=-6h&to=now&max_points=2&format=csv").status_code == REACHED


@pytest.mark.parametrize("path", SERIES)
@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("to=-2h", "to"),
        ("from=-35d", "from"),
        ("from=-36500d&to=now", "from"),
        ("step=90s", "step"),
        ("sensor=co2", "sensor"),
        ("max_points=1", "max_points"),
        ("format=xml", "format"),
        ("cursor=", "cursor"),
        ("limit=1", "limit"),
    ],
)
def test_a_series_names_the_parameter_that_is_wrong(
    get: Get, path: str, query: str, parameter: str
) -> None:
    response = get(f"{path}&{query}")

    assert response.status_code == 422
    assert response.json()["parameter"] == parameter


def test_an_export_takes_a_range_and_names_the_parameter_that_is_wrong(get: Get) -> None:
    path = "/devices/d/telemetry/export"

    assert get(f"/v1{path}?from=-7d&_=17").status_code == REACHED
    assert get(f"{path}?from=-1h&to=-2h").json()["parameter"] == "to"
    assert get(f"{path}?format=json").json()["parameter"] == "format"


def test_a_cache_buster_is_ignored_beside_parameters(get: Get) -> None:
    assert get("/telemetry?limit=1&_=17&device_id=d").status_code == REACHED
    assert get("/telemetry?limit=0&_=17").json()["parameter"] == "limit"


@pytest.mark.parametrize("name", ["__", "_limit", "nocache", "cb"])
def test_any_other_name_is_still_refused(get: Get, name: str) -> None:
    assert get(f"/telemetry?{name}=1").json()["parameter"] == name


@pytest.mark.parametrize("path", [*LISTS, *LOOKUPS, "/v1/devices"])
def test_a_slash_at_the_end_changes_nothing(get: Get, path: str) -> None:
    assert get(f"{path}/").status_code == REACHED
    assert get(f"{path}/?limit=0").json()["parameter"] == "limit"


@pytest.mark.parametrize("path", ["/docs/", "/openapi.json/", "/assets/page.js/"])
def test_a_slash_at_the_end_of_a_file_changes_nothing(get: Get, path: str) -> None:
    assert get(path).status_code == get(path[:-1]).status_code


@pytest.mark.parametrize("path", ["/telemetry//", "//telemetry", "/devices//telemetry"])
def test_an_empty_part_of_a_path_is_no_route(get: Get, path: str) -> None:
    assert get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/telemetry?limit=1&limit=2", "limit"),
        ("/telemetry?limit=1&limit=1", "limit"),
        ("/aggregated?device_id=a&limit=1&device_id=b", "device_id"),
        ("/alerts?severity=warning&severity=critical", "severity"),
        ("/alerts/recent?within=1h&within=2h", "within"),
        ("/devices?from=2026-01-01T00:00:00Z&from=2026-01-02T00:00:00Z", "from"),
        ("/devices/d/telemetry?limit=1&%6Cimit=2", "limit"),
    ],
)
def test_a_parameter_given_twice_is_refused_by_name(get: Get, path: str, parameter: str) -> None:
    response = get(path)

    assert response.status_code == 422
    assert response.json()["parameter"] == parameter
    assert "more than once" in response.json()["detail"]


def test_of_several_cursors_the_last_counts(get: Get) -> None:
    """Clients append it to the URL of the page before."""
    assert get("/devices?cursor=bm9uZQ&cursor=").status_code == REACHED
    assert get("/devices?cursor=&cursor=bm9uZQ").status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "limit=" + "9" * 5_000,
        "limit=-1",
        "limit=1e3",
        "limit=%00",
        "limit=",
        "device_id=%00",
        "device_id=d%00",
        "device_id=d%0A",
        "device_id=%ED%A0%80",
        "device_id=%FF",
        "device_id=" + "d" * 129,
        "device_id=",
        "%00=1",
        "%ED%A0%80=1",
        "from=%00",
        "from=10000-01-01T00:00:00Z",
        "from=0000-01-01T00:00:00Z",
        "from=0001-01-01T00:00:00%2B00:01",
        "to=9999-12-31T23:59:59.9999Z",
        "to=9999-12-31T23:59:59-00:01",
        "cursor=%00",
        "cursor=%ED%A0%80",
    ],
)
def test_strange_text_is_refused_and_never_a_fault(get: Get, query: str) -> None:
    response = get(f"/telemetry?{query}")

    assert response.status_code in (400, 422)
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path",
    ["/devices/%00/telemetry", "/devices/%ED%A0%80/telemetry", "/devices/%FF/aggregates",
     "/receipts/%00", "/receipts/" + "0" * 43 + "%0A", "/%00", "/%ED%A0%80", "/" + "a" * 20_000],
)  # fmt: skip
def test_a_strange_path_is_refused_and_never_a_fault(get: Get, path: str) -> None:
    response = get(path)

    assert response.status_code in (404, 422)
    assert len(response.content) < 1_024


@pytest.mark.parametrize(
    "query",
    ["from=0001-01-01T00:00:00Z", "to=9999-12-31T23:59:59.999Z",
     "from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z"],
)  # fmt: skip
def test_the_whole_calendar_can_be_queried(get: Get, query: str) -> None:
    assert get(f"/telemetry?{query}").status_code == REACHED
