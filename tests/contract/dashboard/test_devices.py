"""The list of devices on the real MongoDB: in each order, searched and filtered, page by page."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.mongo.collections import ALERTS, DEVICES, Document
from tests.contract.dashboard.dashboard_client import DashboardClient
from tests.contract.dashboard.documents import alert, device

pytestmark = pytest.mark.database
ORDERS = ["first_seen", "last_seen", "longest_silent", "device_id"]


def seen(device_id: str, first: float, last_ago: float) -> Document:
    """Make a device that reported for the last time so many seconds ago."""
    last = datetime.now(UTC) - timedelta(seconds=last_ago)
    return {**device(device_id, first), "last_ts": last}


@pytest.fixture
def fleet(empty: DashboardClient) -> DashboardClient:
    empty.store(
        DEVICES,
        [
            seen("Boiler-1", 1, 10),
            seen("boiler-2", 2, 400),
            seen("pump.1", 3, 5),
            seen("pump-1", 3, 4_000),
        ],
    )
    empty.store(ALERTS, [alert(1, 0, device_id="pump-1"), alert(2, 0, device_id="other")])
    return empty


def ids(client: DashboardClient, query: str) -> list[str]:
    return [row["device_id"] for row in client.rows(f"/devices?{query}")]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["pump-1", "pump.1", "boiler-2", "Boiler-1"]),
        ("order=last_seen", ["pump.1", "Boiler-1", "boiler-2", "pump-1"]),
        ("order=longest_silent", ["pump-1", "boiler-2", "Boiler-1", "pump.1"]),
        ("order=device_id", ["Boiler-1", "boiler-2", "pump-1", "pump.1"]),
        ("search=BOIL", ["boiler-2", "Boiler-1"]),
        ("search=p.1", ["pump.1"]),
        ("search=zzz", []),
        ("state=online", ["pump.1", "Boiler-1"]),
        ("state=stale", ["boiler-2", "pump-1"]),
        ("state=stale&order=longest_silent", ["pump-1", "boiler-2"]),
        ("state=stale&search=pump", ["pump-1"]),
        ("state=alerting", ["pump-1"]),
        ("state=alerting&order=device_id&search=boiler", []),
        ("from=2026-01-31T12:00:02Z&to=2026-01-31T12:00:03Z", ["boiler-2"]),
        ("from=2026-01-31T12:00:03Z", ["pump-1", "pump.1"]),
        ("order=first_seen&to=2026-01-31T12:00:02Z", ["Boiler-1"]),
    ],
)
def test_devices_are_found(fleet: DashboardClient, query: str, found: list[str]) -> None:
    assert ids(fleet, query) == found


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("more", ["", "&search=d", "&state=alerting"])
@pytest.mark.parametrize("limit", [1, 3, 7])
def test_pages_are_the_list(empty: DashboardClient, order: str, more: str, limit: int) -> None:
    """Many have the same times: equal ones go on by their ids."""
    now = datetime.now(UTC)
    rows = [
        {**device(f"d{n:02}", n // 5), "last_ts": now - timedelta(seconds=n % 4)} for n in range(20)
    ]
    empty.store(DEVICES, rows)
    empty.store(ALERTS, [alert(n, 0, device_id=f"d{n:02}") for n in range(0, 20, 2)])
    path = f"/devices?order={order}{more}"

    paged = [row["device_id"] for row in empty.all_rows(f"{path}&limit={limit}")]

    assert paged == [row["device_id"] for row in empty.rows(path)]
    assert len(paged) == len(set(paged)) == (10 if "alerting" in more else 20)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("order=name", "order"),
        ("search=a/b", "search"),
        ("search=", "search"),
        ("state=off", "state"),
        ("state=online&order=device_id", "state"),
        ("state=stale&order=first_seen", "state"),
        ("state=stale&from=2026-01-31T12:00:02Z", "state"),
        ("state=online&to=2026-01-31T12:00:02Z", "state"),
        ("order=last_seen&from=2026-01-31T12:00:02Z", "order"),
        ("order=device_id&to=2026-01-31T12:00:02Z", "order"),
    ],
)
def test_what_does_not_go_together_is_refused_by_name(
    fleet: DashboardClient, query: str, parameter: str
) -> None:
    response = fleet.get(f"/devices?{query}")

    assert (response.status_code, response.json()["parameter"]) == (422, parameter)


def test_a_cursor_is_of_one_order(fleet: DashboardClient) -> None:
    cursor = fleet.get("/devices?limit=1").json()["next_cursor"]

    assert fleet.get(f"/devices?limit=1&order=last_seen&cursor={cursor}").status_code == 400
