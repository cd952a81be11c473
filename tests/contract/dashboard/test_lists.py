"""What the lists show, and that paging shows each row once."""

from datetime import UTC, datetime, timedelta

import pytest

from functions.dashboard.queries.cursor import Position, cursor_of
from shared.mongo.collections import ALERTS, DEAD_LETTERS, DEVICES, RAW, VIEWS
from tests.contract.dashboard.dashboard_client import DashboardClient
from tests.contract.dashboard.documents import (
    NOON,
    alert,
    dead_letter,
    device,
    episode,
    reading,
    view,
)

pytestmark = pytest.mark.database
MIN = datetime(1, 1, 1, tzinfo=UTC)
MAX = datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)


def test_a_reading_comes_out_with_its_names_and_in_utc(empty: DashboardClient) -> None:
    stored = reading("boiler", 1.5, temperature_c=21.5, humidity=48.0)
    empty.stored[RAW].insert_one({**stored, "lat": 1.0, "lon": 2.0, "client_id": "secret"})

    rows = empty.rows("/telemetry")

    assert rows == [
        {
            "reading_id": stored["_id"],
            "device_id": "boiler",
            "ts": "2026-01-31T12:00:01.500Z",
            "temperature_c": 21.5,
            "humidity": 48.0,
            "lat": 1.0,
            "lon": 2.0,
            "measurements": {},
            "received_at": "2026-01-31T12:00:01.500Z",
        }
    ]


def test_a_window_is_closed_when_the_horizon_has_passed_its_end(empty: DashboardClient) -> None:
    empty.stored[VIEWS].insert_many([view("boiler", "humidity", minute) for minute in range(3)])
    empty.stored["refresh_state"].insert_one(
        {"_id": "refresh/60s", "horizon": NOON + timedelta(minutes=2)}
    )

    rows = empty.rows("/aggregated")

    assert [(row["timestamp"], row["closed"]) for row in rows] == [
        ("2026-01-31T12:02:00.000Z", False),
        ("2026-01-31T12:01:00.000Z", True),
        ("2026-01-31T12:00:00.000Z", True),
    ]


def test_a_device_shows_its_newest_reading(empty: DashboardClient) -> None:
    empty.stored[DEVICES].insert_one(device("boiler", 3))

    (row,) = empty.rows("/devices")

    assert row["device_id"] == "boiler"
    assert row["latest"]["temperature_c"] == 20.5
    assert row["last_ts"] == "2026-01-31T12:00:03.000Z"


@pytest.mark.parametrize("route", ["telemetry", "aggregates"])
def test_an_unknown_device_is_a_404(empty: DashboardClient, route: str) -> None:
    response = empty.get(f"/devices/nobody/{route}")

    assert response.status_code == 404
    assert response.json()["parameter"] == "device_id"
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("route", ["telemetry", "aggregates"])
def test_the_route_of_a_device_shows_that_device_only(empty: DashboardClient, route: str) -> None:
    empty.stored[DEVICES].insert_many([device("a", 0), device("b", 0)])
    empty.stored[RAW].insert_many([reading("a", 0), reading("b", 1)])
    empty.stored[VIEWS].insert_many([view("a", "humidity", 0), view("b", "humidity", 0)])

    response = empty.get(f"/devices/a/{route}").json()

    assert response["device_id"] == "a"
    assert [row["device_id"] for row in response["data"]] == ["a"]


@pytest.mark.parametrize(
    ("path", "numbers"),
    [
        ("/alerts?", [5, 4, 3, 2, 1]),
        ("/alerts?severity=critical", [4, 1]),
        ("/alerts?status=resolved", [5, 1]),
        ("/alerts?device_id=oven", [3]),
        ("/alerts?device_id=boiler&severity=critical", [4, 1]),
        ("/alerts?sensor_type=humidity", [2]),
        ("/alerts?sensor_type=temperature_c&severity=warning", [5, 3]),
        ("/alerts?from=2026-01-31T12:00:02Z&to=2026-01-31T12:00:04Z", [3, 2]),
        ("/alerts?sensor_type=humidity&from=2026-01-31T12:00:03Z", []),
    ],
)
def test_alerts_are_filtered(empty: DashboardClient, path: str, numbers: list[int]) -> None:
    empty.stored[ALERTS].insert_many(
        [
            alert(1, 1, severity="critical", status="resolved"),
            alert(2, 2, sensor_type="humidity"),
            alert(3, 3, device_id="oven"),
            alert(4, 4, severity="critical"),
            alert(5, 5, status="resolved"),
        ]
    )

    assert [int(row["alert_id"][:6]) for row in empty.rows(path)] == numbers


@pytest.mark.parametrize(
    ("path", "numbers"),
    [
        ("/alerts?status=open", [5, 4, 1]),
        ("/alerts?status=resolved,retracted", [3, 2]),
        ("/alerts?status=open,resolved", [5, 4, 2, 1]),
        ("/alerts?status=active,active", [5, 1]),
        ("/alerts?status=open&device_id=boiler", [4, 1]),
        ("/alerts?status=open&severity=fatal", [5]),
        ("/alerts?severity=fatal", [5, 3]),
        ("/alerts?device_id=oven&severity=fatal&status=retracted", [3]),
        ("/alerts?sensor_type=temperature_c&severity=warning&status=acknowledged", [4]),
        ("/alerts?rule_id=too_hot", [3, 2]),
        ("/alerts?rule_id=too_hot&status=resolved", [2]),
        ("/alerts?since=2026-01-31T12:00:04Z", [5, 4]),
        ("/alerts?since=2026-01-31T12:00:02Z&to=2026-01-31T12:00:04Z", [3, 2]),
        ("/alerts?since=1s", []),
        ("/alerts?since=90000d&status=active", [5, 1]),
    ],
)
def test_alerts_are_filtered_by_what_operators_look_for(
    empty: DashboardClient, path: str, numbers: list[int]
) -> None:
    held = {"acknowledgement": {"at": NOON, "actor": "ann", "comment": "", "rank": 0}}
    late: dict[str, object] = {"status": "retracted", "retracted_reason": "late_data"}
    empty.stored[ALERTS].insert_many(
        [
            episode(1, 1),
            episode(2, 2, status="resolved", ended=NOON, rule_id="too_hot"),
            episode(3, 3, device_id="oven", severity="fatal", rule_id="too_hot", **late),
            episode(4, 4, status="acknowledged", **held),
            episode(5, 5, device_id="oven", severity="fatal"),
        ]
    )

    assert [int(row["alert_id"], 16) for row in empty.rows(path)] == numbers


@pytest.mark.parametrize(
    ("path", "numbers"),
    [
        ("/dead-letters?", [4, 3, 2, 1]),
        ("/dead-letters?status=redriven", [2]),
        ("/dead-letters?stage=alert", [4, 3]),
        ("/dead-letters?reason=no_answer&status=open", [3]),
        ("/dead-letters?reason=invalid_reading", [4, 2, 1]),
    ],
)
def test_dead_letters_are_filtered(empty: DashboardClient, path: str, numbers: list[int]) -> None:
    empty.stored[DEAD_LETTERS].insert_many(
        [
            dead_letter(1, 1),
            dead_letter(2, 2, status="redriven"),
            dead_letter(3, 3, stage="alert", reason="no_answer"),
            dead_letter(4, 4, stage="alert"),
        ]
    )

    assert [int(row["dead_letter_id"][5:]) for row in empty.rows(path)] == numbers


@pytest.mark.parametrize(
    ("path", "rows"),
    [
        ("/aggregated?", 8),
        ("/aggregated?device_id=a", 4),
        ("/aggregated?sensor_type=humidity", 4),
        ("/aggregated?device_id=a&sensor_type=humidity", 2),
        ("/devices/a/aggregates?sensor_type=humidity", 2),
        ("/aggregated?from=2026-01-31T12:01:00Z", 4),
        ("/aggregated?to=2026-01-31T12:01:00Z&device_id=b", 2),
    ],
)
def test_summaries_are_filtered(empty: DashboardClient, path: str, rows: int) -> None:
    empty.stored[DEVICES].insert_one(device("a", 0))
    empty.stored[VIEWS].insert_many(
        [view(d, sensor, m) for d in "ab" for sensor in ("humidity", "lux") for m in (0, 1)]
    )

    assert len(empty.rows(path)) == rows


@pytest.mark.parametrize(
    "path", ["/telemetry?", "/telemetry?device_id=a&", "/devices/a/telemetry?"]
)
def test_a_range_holds_its_start_and_not_its_end(empty: DashboardClient, path: str) -> None:
    empty.stored[DEVICES].insert_one(device("a", 0))
    empty.stored[RAW].insert_many([reading("a", seconds) for seconds in (0, 0.999, 1, 1.001, 2)])

    rows = empty.rows(f"{path}from=2026-01-31T12:00:00.9990001Z&to=2026-01-31T12:00:02Z")

    assert [row["ts"][17:23] for row in rows] == ["01.001", "01.000"]


def test_recent_alerts_are_the_open_ones_and_those_raised_of_late(empty: DashboardClient) -> None:
    ages_s = {1: -4000, 2: -3000, 3: -90_000, 4: -90_001}
    empty.stored[ALERTS].insert_many(
        [
            {
                **alert(n, 0, status=status),
                "created_at": datetime.now(UTC) + timedelta(seconds=ages_s[n]),
            }
            for n, status in ((1, "resolved"), (2, "active"), (3, "acknowledged"), (4, "resolved"))
        ]
    )

    shown = [int(row["alert_id"][:6]) for row in empty.rows("/alerts/recent")]
    within_an_hour = [int(row["alert_id"][:6]) for row in empty.rows("/alerts/recent?within=1h")]

    assert shown == [2, 1, 3]
    assert within_an_hour == [2, 3]


def test_a_cursor_serves_its_own_list_and_filters_only(empty: DashboardClient) -> None:
    empty.stored[ALERTS].insert_many([alert(n, n) for n in range(3)])
    cursor = empty.get("/alerts?severity=warning&limit=1").json()["next_cursor"]

    statuses = [
        empty.get(f"{path}cursor={cursor}").status_code
        for path in ("/alerts?severity=warning&limit=7&", "/v1/alerts?severity=warning&",
                     "/alerts?severity=critical&", "/alerts?", "/telemetry?")
    ]  # fmt: skip

    assert statuses == [200, 200, 400, 400, 400]


def test_the_last_page_says_that_it_is_the_last(empty: DashboardClient) -> None:
    empty.stored[ALERTS].insert_many([alert(n, 0) for n in range(4)])

    page = empty.get("/alerts?limit=4").json()

    assert len(page["data"]) == 4
    assert page["next_cursor"] is None


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/alerts?severity=warning&limit=2", "/alerts?severity=warning&limit=2&cursor={}"),
        ("/v1/alerts?limit=2", "/v1/alerts?limit=2&cursor={}"),
        ("/alerts/?limit=2&_=17", "/alerts?limit=2&cursor={}"),
        ("/alerts/recent?within=90000d&limit=2", "/alerts/recent?within=90000d&limit=2&cursor={}"),
    ],
)
def test_a_page_links_to_the_next_and_the_last_one_to_none(
    empty: DashboardClient, path: str, wanted: str
) -> None:
    empty.stored[ALERTS].insert_many([alert(n, n) for n in range(5)])

    first = empty.get(path)
    second = empty.get(first.links["next"]["url"])
    last = empty.get(second.links["next"]["url"])

    assert first.links["next"]["url"] == wanted.format(first.json()["next_cursor"])
    assert second.links["next"]["url"] == wanted.format(second.json()["next_cursor"])
    assert "link" not in last.headers
    shown = [row["alert_id"][:6] for page in (first, second, last) for row in page.json()["data"]]
    assert shown == ["000004", "000003", "000002", "000001", "000000"]


def test_the_lists_of_a_device_link_to_their_next_page(empty: DashboardClient) -> None:
    empty.stored[DEVICES].insert_one(device("a:b", 0))
    empty.stored[RAW].insert_many([reading("a:b", n) for n in range(3)])

    first = empty.get("/devices/a:b/telemetry?limit=2&from=2026-01-31T14:00:00%2B02:00")
    second = empty.get(first.links["next"]["url"])

    assert [len(page.json()["data"]) for page in (first, second)] == [2, 1]


def test_an_empty_cursor_is_the_first_page(empty: DashboardClient) -> None:
    empty.stored[ALERTS].insert_many([alert(n, n) for n in range(3)])

    assert empty.rows("/alerts?cursor=") == empty.rows("/alerts")


@pytest.mark.parametrize("at", [MIN, datetime(1969, 12, 31, tzinfo=UTC), MAX])
@pytest.mark.parametrize("row_id", ["\0", "0" * 700])
@pytest.mark.parametrize(
    ("path", "list_name"),
    [
        ("/telemetry", "telemetry"),
        ("/telemetry?device_id=a", "telemetry"),
        ("/devices/a/telemetry", "telemetry of a"),
        ("/devices/a/aggregates", "aggregates of a"),
        ("/aggregated", "aggregated"),
        ("/alerts", "alerts"),
        ("/devices", "devices"),
        ("/dead-letters", "dead_letters"),
        ("/silences", "silences"),
    ],
)
def test_a_forged_cursor_is_a_page_and_never_a_fault(
    empty: DashboardClient, path: str, list_name: str, row_id: str, at: datetime
) -> None:
    """The year 9999 was a 500 once. A cursor is no secret, and says only where a page begins."""
    empty.stored[DEVICES].insert_one(device("a", 0))
    empty.stored[RAW].insert_one(reading("a", 0))
    filters = '{"device_id":"a"}' if "?" in path else "{}"
    cursor = cursor_of(Position(at, row_id), list_name + filters)

    response = empty.get(f"{path}{'&' if '?' in path else '?'}cursor={cursor}")

    assert response.status_code == 200


def test_paging_stays_right_while_data_arrives(empty: DashboardClient) -> None:
    """Between the pages come newer rows, old ones, and some of the time at which the page ended."""
    empty.stored[DEVICES].insert_one(device("a", 0))
    before = [reading("a", n // 3, lux=float(n)) for n in range(12)]
    empty.stored[RAW].insert_many(before)
    first = empty.get("/devices/a/telemetry?limit=4").json()

    empty.stored[RAW].insert_many([reading("a", n, lux=99.0) for n in (0, 2, 3, 9)])
    rest = empty.all_rows(f"/devices/a/telemetry?limit=4&cursor={first['next_cursor']}")

    shown = [row["reading_id"] for row in first["data"] + rest]
    assert len(shown) == len(set(shown))
    assert {row["_id"] for row in before} <= set(shown)


def test_devices_that_report_while_one_pages_are_all_shown(empty: DashboardClient) -> None:
    empty.stored[DEVICES].insert_many([device(f"d{n}", n) for n in range(6)])
    first = empty.get("/devices?limit=2").json()

    empty.stored[DEVICES].update_many({}, {"$set": {"last_ts": NOON + timedelta(hours=1)}})
    rest = empty.all_rows(f"/devices?limit=2&cursor={first['next_cursor']}")

    shown = [row["device_id"] for row in first["data"] + rest]
    assert shown == ["d5", "d4", "d3", "d2", "d1", "d0"]
