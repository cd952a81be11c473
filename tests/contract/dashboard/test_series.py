"""Series on the real MongoDB: exact points, in each format, by the index, and kept by clients."""

import csv
import io
import json
import math
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from shared.mongo.collections import DEVICES, VIEWS, Document
from shared.readings.identity import EPOCH
from tests.contract.dashboard.dashboard_client import DashboardClient, dashboard_on, stages_of
from tests.contract.dashboard.documents import NOON, device, view

pytestmark = pytest.mark.database
HOUR = "from=2026-01-31T12:00:00Z&to=2026-01-31T13:00:00Z"
STATE: Document = {"_id": "refresh/60s", "horizon": NOON + timedelta(minutes=30)}


def window(minute: int, values: list[float], **more: object) -> Document:
    numbers = {
        "count": len(values),
        "sum": math.fsum(values),
        "min": min(values),
        "max": max(values),
    }
    return {**view("boiler", "lux", minute), **numbers, **more}


@pytest.fixture
def filled(empty: DashboardClient) -> DashboardClient:
    """Return a dashboard with an hour of one device's windows, one of them missing."""
    values = [[0.1 * minute + 0.01 * n for n in range(6)] for minute in range(60)]
    empty.store(VIEWS, [window(m, some) for m, some in enumerate(values) if m != 17])
    empty.store(DEVICES, [device("boiler", 0)])
    empty.store("refresh_state", [STATE])
    return empty


def points(client: DashboardClient, path: str) -> list[dict[str, Any]]:
    (series,) = client.get(path).raise_for_status().json()["series"]
    found: list[dict[str, Any]] = series["points"]
    return found


def test_each_window_is_a_point_where_there_are_few(filled: DashboardClient) -> None:
    found = points(filled, f"/devices/boiler/series?sensor=lux&{HOUR}")

    assert [one["timestamp"][14:16] for one in found] == [f"{minute:02}" for minute in range(60)]
    assert [one["closed"] for one in found] == [True] * 30 + [False] * 30
    assert found[17] == {
        "timestamp": "2026-01-31T12:17:00.000Z",
        "count": 0,
        "min": None,
        "average": None,
        "max": None,
        "closed": True,
    }


def test_many_windows_become_points_that_weigh_them_by_count(empty: DashboardClient) -> None:
    empty.store(DEVICES, [device("boiler", 0)])
    empty.store(VIEWS, [window(0, [10.0]), window(1, [40.0] * 3), window(2, [7.0])])

    found = points(empty, f"/devices/boiler/series?sensor=lux&{HOUR}&max_points=30")

    assert [tuple(one.values()) for one in found] == [
        ("2026-01-31T12:00:00.000Z", 4, 10.0, 32.5, 40.0, False),
        ("2026-01-31T12:02:00.000Z", 1, 7.0, 7.0, 7.0, False),
    ]


def test_a_sum_is_exact_whatever_the_order_of_its_windows(empty: DashboardClient) -> None:
    """Added one after the other, these doubles give 0, or 0.5, or 1."""
    empty.store(DEVICES, [device("boiler", 0)])
    sums = [1e16, 1.0, -1e16, 1.0]
    empty.store(VIEWS, [window(m, [one], min=-1e16, max=1e16) for m, one in enumerate(sums)])

    (point,) = points(empty, f"/devices/boiler/series?sensor=lux&{HOUR}&max_points=2")

    assert point["average"] == 0.5


def test_windows_of_another_width_are_none_of_the_series(empty: DashboardClient) -> None:
    empty.store(DEVICES, [device("boiler", 0)])
    other = window(0, [9.0], _id="boiler/lux/30s/x", window_seconds=30)
    empty.store(VIEWS, [other, window(0, [1.0, 1.0])])

    (point,) = points(empty, f"/devices/boiler/series?sensor=lux&{HOUR}")

    assert point["count"] == 2


def test_the_steps_hold_the_range_and_begin_at_whole_multiples(filled: DashboardClient) -> None:
    query = "from=1769861100&to=2026-01-31T12:20:01Z&step=10m"

    shown = filled.get(f"/devices/boiler/series?sensor=lux&{query}").json()

    assert (shown["from"][11:16], shown["to"][11:16]) == ("12:00", "12:30")
    assert (shown["step_seconds"], shown["window_seconds"]) == (600, 60)
    assert shown["settled_until"] == "2026-01-31T12:30:00.000Z"
    assert [one["count"] for one in shown["series"][0]["points"]] == [60, 54, 60]


@pytest.mark.parametrize("step_s", [60, 420, 1200])
def test_ranges_that_meet_give_what_the_whole_gives(filled: DashboardClient, step_s: int) -> None:
    path = f"/devices/boiler/series?sensor=lux&step={step_s}s&format=ndjson"
    edge = int((NOON - EPOCH).total_seconds() + 1_800) // step_s * step_s
    start, end = edge - 7_200, edge + 7_200

    early = filled.get(f"{path}&from={start}&to={edge}").text
    late = filled.get(f"{path}&from={edge}&to={end}").text

    assert counted(early)
    assert counted(early) + counted(late) == counted(
        filled.get(f"{path}&from={start}&to={end}").text
    )


def counted(lines: str) -> list[dict[str, Any]]:
    """Return the points that have values: where a range ends, a gap is not seen."""
    return [one for one in map(json.loads, lines.splitlines()) if one["count"]]


def test_relative_times_are_counted_from_now(filled: DashboardClient) -> None:
    shown = filled.get("/devices/boiler/series?sensor=lux&from=-2h&to=-1h").json()

    assert shown["series"][0]["points"] == []
    assert shown["settled_until"] is not None


def test_several_sensors_and_devices_come_at_once_in_the_order_asked_for(
    filled: DashboardClient,
) -> None:
    filled.stored[VIEWS].insert_one(view("oven", "humidity", 1))

    shown = filled.get(f"/series?device_id=oven,boiler,nobody&sensor=lux,humidity&{HOUR}").json()

    numbers = {
        (one["device_id"], one["sensor_type"]): len(one["points"]) for one in shown["series"]
    }
    assert list(numbers.items()) == [
        (("oven", "lux"), 0),
        (("oven", "humidity"), 1),
        (("boiler", "lux"), 60),
        (("boiler", "humidity"), 0),
        (("nobody", "lux"), 0),
        (("nobody", "humidity"), 0),
    ]


def test_a_device_that_was_never_seen_is_a_404(filled: DashboardClient) -> None:
    response = filled.get("/devices/nobody/series?sensor=lux")

    assert (response.status_code, response.json()["parameter"]) == (404, "device_id")


def test_every_format_has_the_same_points(filled: DashboardClient) -> None:
    path = f"/devices/boiler/series?sensor=lux&{HOUR}"

    shown = points(filled, path)
    by_csv = filled.get(f"{path}&format=csv")
    by_ndjson = filled.ask(path, accept="application/x-ndjson")

    rows = list(csv.DictReader(io.StringIO(by_csv.text, newline="")))
    assert by_csv.headers["content-type"].startswith("text/csv")
    assert by_ndjson.headers["content-type"] == "application/x-ndjson"
    assert [row["average"] for row in rows] == [
        "" if one["average"] is None else repr(one["average"]) for one in shown
    ]
    assert [json.loads(line)["average"] for line in by_ndjson.text.splitlines()] == [
        one["average"] for one in shown
    ]


def test_a_client_that_has_it_gets_a_304_until_a_late_reading_comes(
    filled: DashboardClient,
) -> None:
    path = f"/devices/boiler/series?sensor=lux&{HOUR}"
    first = filled.ask(path, accept_encoding="gzip")
    etag = first.headers["etag"]

    again = filled.ask(path, accept_encoding="gzip", if_none_match=etag)
    filled.stored[VIEWS].replace_one({"timestamp": NOON}, window(0, [0.0, 5.0]))
    changed = filled.ask(path, accept_encoding="gzip", if_none_match=etag)

    assert first.headers["content-encoding"] == "gzip"
    assert (again.status_code, again.content) == (304, b"")
    assert changed.status_code == 200
    assert first.headers["cache-control"] == "private, no-cache"


def test_what_no_late_reading_can_change_is_immutable(mongo_url: str) -> None:
    with dashboard_on(mongo_url, lateness=timedelta(days=1)) as dashboard:
        dashboard.store(DEVICES, [device("boiler", 0)])
        dashboard.store("refresh_state", [STATE])
        path = "/devices/boiler/series?sensor=lux&from=2026-01-31T12:00:00Z&to="

        settled = dashboard.get(f"{path}2026-01-31T12:30:00Z")
        still_open = dashboard.get(f"{path}2026-01-31T12:31:00Z")

    assert settled.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert still_open.headers["cache-control"] == "private, no-cache"


@pytest.fixture(scope="module", params=[1, 20], ids=["little", "much"])
def stored(mongo_url: str, request: pytest.FixtureRequest) -> Iterator[DashboardClient]:
    with dashboard_on(mongo_url) as dashboard:
        minutes = range(-500 * request.param, 100)
        views = [view(d, s, m) for d in ("boiler", "oven") for s in ("lux", "co2") for m in minutes]
        dashboard.store(VIEWS, views)
        dashboard.store(DEVICES, [device(d, 0) for d in ("boiler", "oven")])
        dashboard.store("refresh_state", [STATE])
        yield dashboard


@pytest.mark.parametrize(
    ("path", "windows"),
    [
        (f"/devices/boiler/series?sensor=lux&{HOUR}", 60),
        (f"/devices/boiler/series?sensor=lux,co2&{HOUR}&max_points=7", 2 * 70),
        (f"/series?device_id=boiler,oven&sensor=lux,co2&{HOUR}", 4 * 60),
    ],
)
def test_no_more_windows_are_examined_than_the_steps_hold(
    stored: DashboardClient, path: str, windows: int
) -> None:
    commands = stored.explained(path)

    stages = {stage["stage"] for one in commands for stage in stages_of(one)}
    examined = sum(one["totalDocsExamined"] for one in commands)
    assert not stages & {"COLLSCAN", "SORT"}
    assert examined <= windows + 2  # the device, and the horizon


def test_without_its_index_a_series_is_a_503_that_says_so(mongo_url: str) -> None:
    with dashboard_on(mongo_url) as dashboard:
        dashboard.store(VIEWS, [window(0, [1.0])])
        dashboard.stored[VIEWS].drop_indexes()

        response = dashboard.get(f"/series?device_id=boiler&sensor=lux&{HOUR}")

    assert (response.status_code, response.json()["reason"]) == (503, "missing_index")
