"""Nothing scans history: what the database examines grows with the page, and not with history.

Every command that the routes really sent is explained on the real MongoDB, once with a little
stored and once with fifty times as much. The rows that a filter is after are the oldest of all.
"""

from collections.abc import Iterator

import pytest

from shared.mongo.collections import ALERTS, DEAD_LETTERS, DEVICES, RAW, REFRESH, SILENCES, VIEWS
from tests.contract.dashboard.dashboard_client import DashboardClient, dashboard_on, stages_of
from tests.contract.dashboard.documents import (
    NOON,
    alert,
    dead_letter,
    device,
    reading,
    silence,
    view,
)

pytestmark = pytest.mark.database
LIMIT = 10
# A page is read with a surplus row, with the rows of the time it ends at, and of that it begins at.
MOST_EXAMINED = 5 * LIMIT
LISTS = [
    "/telemetry?",
    "/telemetry?device_id=d1&",
    "/telemetry?device_id=rare&",
    "/telemetry?to=2026-01-31T12:00:05Z&",
    "/telemetry?device_id=d1&to=2026-01-31T12:00:05Z&",
    "/devices/d1/telemetry?",
    "/devices/d1/telemetry?from=2026-01-31T12:00:01Z&to=2026-01-31T12:00:15Z&",
    "/devices/stuck/telemetry?",
    "/aggregated?",
    "/aggregated?device_id=d1&",
    "/aggregated?sensor_type=lux&",
    "/aggregated?sensor_type=rare&",
    "/aggregated?device_id=d1&sensor_type=lux&",
    "/aggregated?device_id=d1&sensor_type=rare&",
    "/aggregated?to=2026-01-31T12:05:00Z&",
    "/devices/d1/aggregates?",
    "/devices/d1/aggregates?sensor_type=lux&from=2026-01-31T12:03:00Z&",
    "/alerts?",
    "/alerts?to=2026-01-31T12:00:09Z&",
    "/alerts?device_id=boiler&",
    "/alerts?device_id=rare&",
    "/alerts?device_id=boiler&severity=critical&",
    "/alerts?sensor_type=temperature_c&",
    "/alerts?sensor_type=humidity&",
    "/alerts?sensor_type=temperature_c&severity=critical&",
    "/alerts?severity=warning&",
    "/alerts?severity=critical&",
    "/alerts?status=active&",
    "/alerts?status=retracted&",
    "/alerts?status=open&",
    "/alerts?status=active,resolved,retracted&",
    "/alerts?status=open&severity=warning&",
    "/alerts?status=open&device_id=boiler&",
    "/alerts?status=retracted&device_id=boiler&",
    "/alerts?status=open&sensor_type=temperature_c&severity=warning&",
    "/alerts?status=acknowledged&device_id=boiler&severity=warning&",
    "/alerts?rule_id=too_hot&",
    "/alerts?rule_id=rare&",
    "/alerts?rule_id=too_hot&status=open&",
    "/alerts?since=2026-01-31T12:00:02Z&",
    "/alerts/recent?",
    "/alerts/recent?within=90000d&",
    "/devices?",
    "/devices?from=2026-01-31T11:59:00Z&to=2026-01-31T12:00:05Z&",
    "/devices?order=last_seen&",
    "/devices?order=longest_silent&",
    "/devices?order=device_id&",
    "/devices?state=stale&",
    "/devices?state=stale&order=longest_silent&",
    "/devices?state=online&",
    "/silences?",
    "/silences?state=open&",
    "/silences?state=over&",
    "/dead-letters?",
    "/dead-letters?status=open&",
    "/dead-letters?status=redriven&",
    "/dead-letters?stage=aggregate&",
    "/dead-letters?stage=rare&",
    "/dead-letters?stage=aggregate&status=redriven&",
    "/dead-letters?reason=invalid_reading&",
    "/dead-letters?reason=rare&",
]
OTHERS = [
    "/alerts/000001/temperature_c_high",
    "/stats",
    "/receipts/0000000000" + "a" * 34,
    "/receipts/{stored}",
    "/receipts/{dead}",
]
DEAD = "dead" * 11


def fill(dashboard: DashboardClient, times: int) -> str:
    """Store `times` as much of everything, the same rare things in it; return a reading's id."""
    store = dashboard.stored
    steps, devices = 20 * times, ("d0", "d1", "d2", "d3")
    readings = [reading(d, step, lux=1.0) for d in devices for step in range(steps)]
    stuck = [reading("stuck", -86_400, lux=float(step)) for step in range(steps)]
    rare_reading = reading("rare", -90_000)
    store[RAW].insert_many([*readings, *stuck, rare_reading])
    views = [
        view(d, s, m)
        for d in devices
        for s in ("lux", "humidity", "co2")
        for m in range(steps // 2)
    ]
    store[VIEWS].insert_many([*views, view("d1", "rare", -1)])
    alerts = [
        alert(
            step,
            step // 5,
            status=("active", "resolved", "acknowledged")[step % 3],
            rule_id="too_hot",
        )
        for step in range(5 * steps)
    ]
    oldest = {"device_id": "rare", "sensor_type": "humidity", "severity": "critical"}
    rare = alert(10**6, -1, status="retracted", rule_id="rare", **oldest)
    store[ALERTS].insert_many([*alerts, rare])
    store[SILENCES].insert_many([silence(step, 0, step // 5) for step in range(2 * steps)])
    store[DEVICES].insert_many(
        [device(d, -1) for d in (*devices, "stuck", "rare")]
        + [device(f"more-{step}", step // 5) for step in range(steps)]
    )
    letters = [dead_letter(step, step // 5) for step in range(2 * steps)]
    one = dead_letter(10**6, -1, stage="rare", reason="rare", status="redriven", reading_ids=[DEAD])
    store[DEAD_LETTERS].insert_many([*letters, one])
    states = [{"_id": f"refresh/{seconds}s", "horizon": NOON} for seconds in range(60, 60 + steps)]
    store[REFRESH].insert_many(states)
    return str(rare_reading["_id"])


@pytest.fixture(scope="module")
def filled(mongo_url: str, request: pytest.FixtureRequest) -> Iterator[tuple[DashboardClient, str]]:
    with dashboard_on(mongo_url) as dashboard:
        yield dashboard, fill(dashboard, request.param)


@pytest.mark.parametrize("filled", [1, 50], indirect=True, ids=["little", "much"])
@pytest.mark.parametrize("path", LISTS)
def test_a_page_and_the_next_examine_little_more_than_they_show(
    filled: tuple[DashboardClient, str], path: str
) -> None:
    dashboard, _ = filled
    page = f"{path}limit={LIMIT}"
    cursor = dashboard.get(page).json()["next_cursor"]
    next_page = f"{page}&cursor={cursor}" if cursor else page

    both = dashboard.explained(page), dashboard.explained(next_page)

    examined = [[(e["totalKeysExamined"], e["totalDocsExamined"]) for e in one] for one in both]
    assert max(sum(keys for keys, _ in one) for one in examined) <= MOST_EXAMINED, examined
    assert max(sum(docs for _, docs in one) for one in examined) <= MOST_EXAMINED, examined


@pytest.mark.parametrize("filled", [1, 50], indirect=True, ids=["little", "much"])
@pytest.mark.parametrize("path", [*(f"{path}limit={LIMIT}" for path in LISTS), *OTHERS])
def test_no_request_reads_a_whole_collection_or_sorts_history(
    filled: tuple[DashboardClient, str], path: str
) -> None:
    dashboard, stored = filled

    commands = dashboard.explained(path.format(stored=stored, dead=DEAD))

    stages = [stage for explained in commands for stage in stages_of(explained)]
    sorts = [stage for stage in stages if stage["stage"] == "SORT"]
    assert stages
    assert "COLLSCAN" not in {stage["stage"] for stage in stages}
    assert all(stage["inputStage"]["nReturned"] <= MOST_EXAMINED for stage in sorts)


@pytest.mark.parametrize("filled", [50], indirect=True, ids=["much"])
@pytest.mark.parametrize("path", OTHERS)
def test_totals_and_receipts_examine_a_handful(
    filled: tuple[DashboardClient, str], path: str
) -> None:
    dashboard, stored = filled

    commands = dashboard.explained(path.format(stored=stored, dead=DEAD))

    assert sum(e["totalKeysExamined"] + e["totalDocsExamined"] for e in commands) <= 10


@pytest.mark.parametrize("filled", [50], indirect=True, ids=["much"])
@pytest.mark.parametrize("order", ["first_seen", "last_seen", "longest_silent", "device_id"])
def test_a_search_of_devices_examines_keys_and_reads_only_what_it_returns(
    filled: tuple[DashboardClient, str], order: str
) -> None:
    dashboard, _ = filled
    devices = dashboard.stored[DEVICES].count_documents({})

    commands = dashboard.explained(f"/devices?search=RE-99&order={order}&limit={LIMIT}")

    assert sum(e["totalDocsExamined"] for e in commands) <= MOST_EXAMINED
    assert sum(e["totalKeysExamined"] for e in commands) <= devices + 1


@pytest.mark.parametrize("filled", [50], indirect=True, ids=["much"])
@pytest.mark.parametrize("path", ["/fleet", "/dead-letters/causes", "/devices?state=alerting"])
def test_counts_read_keys_and_no_documents(filled: tuple[DashboardClient, str], path: str) -> None:
    dashboard, _ = filled

    commands = dashboard.explained(path)

    stages = [stage["stage"] for explained in commands for stage in stages_of(explained)]
    assert sum(e["totalDocsExamined"] for e in commands) <= 110
    assert "COLLSCAN" not in stages
