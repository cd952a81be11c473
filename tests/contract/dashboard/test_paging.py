"""Paging is exact: whatever the rows and however small the pages, each row shows once, in order."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.mongo.collections import ALERTS, DEVICES, RAW, VIEWS, Document
from shared.times import rfc3339
from tests.contract.dashboard.dashboard_client import DashboardClient
from tests.contract.dashboard.documents import alert, device, reading, view

pytestmark = pytest.mark.database
Make = Callable[[int, int], Document]

# Few times, so that rows of one time lie across the ends of pages.
rows_and_limit = st.tuples(st.lists(st.integers(0, 3), max_size=14), st.integers(1, 5))
# How what a client reads is called in the database; `average` numbers the windows here.
MADE = {"alert_id": "_id", "reading_id": "_id", "device_id": "_id", "average": "average"}
few = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example empties it first
)


@pytest.mark.parametrize(
    ("path", "collection", "time", "name", "make"),
    [
        ("/alerts?", ALERTS, "created_at", "alert_id", alert),
        ("/alerts?status=active&", ALERTS, "created_at", "alert_id", alert),
        ("/alerts?device_id=boiler&", ALERTS, "created_at", "alert_id",
         lambda n, at: alert(n, at, severity=("warning", "critical")[n % 2])),
        ("/alerts/recent?within=90000d&", ALERTS, "created_at", "alert_id",
         lambda n, at: alert(n, at, status=("active", "resolved")[n % 2])),
        ("/devices?", DEVICES, "first_ts", "device_id", lambda n, at: device(f"d{n:03}", at)),
        ("/telemetry?", RAW, "ts", "reading_id", lambda n, at: reading("a", at, lux=float(n))),
        ("/telemetry?device_id=a&", RAW, "ts", "reading_id",
         lambda n, at: reading("a", at, lux=float(n))),
        ("/aggregated?", VIEWS, "timestamp", "average",
         lambda n, at: {**view(f"d{n}", "lux", at), "average": float(n)}),
        ("/aggregated?sensor_type=lux&", VIEWS, "timestamp", "average",
         lambda n, at: {**view(f"d{n}", "lux", at), "average": float(n)}),
        ("/aggregated?device_id=a&", VIEWS, "timestamp", "average",
         lambda n, at: {**view("a", f"s{n}", at), "average": float(n)}),
    ],
)  # fmt: skip
@few
@given(rows_and_limit=rows_and_limit)
def test_every_row_is_shown_once_newest_first(
    dashboard: DashboardClient,
    path: str,
    collection: str,
    time: str,
    name: str,
    make: Make,
    rows_and_limit: tuple[list[int], int],
) -> None:
    times, limit = rows_and_limit
    made = [make(number, at) for number, at in enumerate(times)]
    dashboard.store(collection, made)

    shown = dashboard.all_rows(f"{path}limit={limit}")

    assert [row[time] for row in shown] == sorted(
        (rfc3339(row[time]) for row in made), reverse=True
    )
    assert sorted(row[name] for row in shown) == sorted(row[MADE[name]] for row in made)
