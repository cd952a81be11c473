"""Hours give what their windows give, to the last digit, at a sixtieth of the reading."""

import math
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any, Final

import pytest

from shared.mongo.collections import DEVICES, HOURS, REFRESH, VIEWS, Document
from tests.chaos.oracle import hours_of
from tests.contract.dashboard.dashboard_client import DashboardClient, dashboard_on, stages_of
from tests.contract.dashboard.documents import NOON, device, view

pytestmark = pytest.mark.database
T: Final = int(NOON.timestamp())
HOUR_S: Final = 3_600
SPAN_H: Final = 40
LONG: Final = 500  # of no response without values
MADE: Final = NOON + timedelta(hours=SPAN_H - 3)
WHOLE: Final = f"from={T - 600}&to={T + SPAN_H * HOUR_S}"
SERIES: Final = (
    f"/devices/boiler/series?sensor=lux,co2&{WHOLE}&step=1h",
    f"/devices/boiler/series?sensor=lux&{WHOLE}&step=6h",
    f"/devices/boiler/series?sensor=lux&{WHOLE}&step=90m",
    f"/devices/boiler/series?sensor=lux&{WHOLE}&max_points=10",
    f"/devices/boiler/series?sensor=lux&from={T + 1_800}&to={T + 9_000}&step=1h",
    f"/series?device_id=boiler,oven&sensor=lux&{WHOLE}&step=2h",
)
QUERIES: Final = (
    f"query=lux&start={T - 600}&end={T + SPAN_H * HOUR_S}&step=300",
    f"query=lux:p95&start={T + 1_830}&end={T + 2 * HOUR_S}&step=60",
    f"query=avg_over_time(co2:max[2h])&start={T}&end={T + SPAN_H * HOUR_S}&step=3600",
    f"query=sum(lux:count)&start={T + 36 * HOUR_S}&end={T + 38 * HOUR_S}&step=60",
    f"query=lux&start={T + 38 * HOUR_S}&end={T + 39 * HOUR_S}&step=60",
)


def windows() -> list[Document]:
    """Give windows of two devices and sensors over many hours, with gaps, of any numbers."""
    chance = Random(3)
    found = []
    for name in ("boiler", "oven"):
        for sensor in ("lux", "co2"):
            for minute in range(SPAN_H * 60):
                if chance.random() < 0.9 and not 300 < minute < 500:
                    values = [chance.uniform(-1e6, 1e6) for _ in range(1 + minute % 3)]
                    numbers = {
                        "count": len(values),
                        "sum": math.fsum(values),
                        "min": min(values),
                        "max": max(values),
                        "average": math.fsum(values) / len(values),
                    }
                    found.append({**view(name, sensor, minute), **numbers})
    return found


@pytest.fixture(scope="module")
def stored(mongo_url: str) -> Iterator[DashboardClient]:
    """Return a dashboard with those windows, and hours of all but the last ones."""
    with dashboard_on(mongo_url) as dashboard:
        views = windows()
        dashboard.store(VIEWS, views)
        dashboard.store(HOURS, list(hours_of(views, 60, HOUR_S, MADE).values()))
        dashboard.store(DEVICES, [device("boiler", 0), device("oven", 0)])
        horizon = {"_id": "refresh/60s", "horizon": NOON + timedelta(hours=SPAN_H)}
        dashboard.store(REFRESH, [horizon, {"_id": "refresh/60s/hours", "position": MADE}])
        yield dashboard


def asked(dashboard: DashboardClient, path: str) -> Any:
    return dashboard.get(path).raise_for_status().json()


@pytest.mark.parametrize(
    "path", [*SERIES, *(f"/prometheus/api/v1/query_range?{query}" for query in QUERIES)]
)
def test_hours_give_what_windows_give(stored: DashboardClient, path: str) -> None:
    with_hours = asked(stored, path)
    stored.stored[REFRESH].update_one(
        {"_id": "refresh/60s/hours"}, {"$set": {"position": NOON - timedelta(days=1)}}
    )

    with_windows = asked(stored, path)

    stored.stored[REFRESH].update_one({"_id": "refresh/60s/hours"}, {"$set": {"position": MADE}})
    assert with_hours == with_windows
    assert len(str(with_hours)) > LONG


@pytest.mark.parametrize(
    ("path", "most"),
    [
        (SERIES[0], 2 * (SPAN_H + 3 * 60) + 3),
        (SERIES[1], SPAN_H + 6 * 60 + 3),
    ],
)
def test_what_is_examined_is_hours_and_the_windows_beside_them(
    stored: DashboardClient, path: str, most: int
) -> None:
    commands = stored.explained(path)

    assert not {stage["stage"] for one in commands for stage in stages_of(one)} & {"COLLSCAN"}
    assert sum(one["totalDocsExamined"] for one in commands) <= most


def test_a_range_of_more_windows_than_are_read_is_answered_from_hours(
    empty: DashboardClient,
) -> None:
    days = 400
    start = NOON - timedelta(days=days)
    hours = [
        {
            "_id": f"{number}",
            "device_id": "boiler",
            "sensor_type": "lux",
            "timestamp": start + timedelta(hours=number),
            "window_seconds": 60,
            "count": 2,
            "min": 0.0,
            "max": float(number),
            "total": [1.0],
        }
        for number in range(days * 24)
    ]
    empty.store(DEVICES, [device("boiler", 0)])
    path = f"/devices/boiler/series?sensor=lux&from={T - days * 86_400}&to={T}"
    refused = empty.get(path)
    empty.store(HOURS, hours)
    empty.store(REFRESH, [{"_id": "refresh/60s/hours", "position": NOON}])

    shown = asked(empty, path)

    assert (refused.status_code, refused.json()["parameter"]) == (422, "from")
    assert shown["step_seconds"] == 10 * HOUR_S
    found = shown["series"][0]["points"]
    assert sum(one["count"] for one in found) == 2 * days * 24
    assert max(one["max"] for one in found) == days * 24 - 1
