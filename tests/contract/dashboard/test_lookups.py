"""The totals, and what became of a reading."""

from datetime import timedelta

import pytest

from shared.mongo.collections import ALERTS, DEAD_LETTERS, DEVICES, RAW, REFRESH, VIEWS
from shared.readings.identity import digest_of, reading_id_of
from tests.contract.dashboard.dashboard_client import DashboardClient
from tests.contract.dashboard.documents import NOON, alert, dead_letter, device, reading, view

pytestmark = pytest.mark.database


def test_the_totals_count_what_is_stored(empty: DashboardClient) -> None:
    empty.store(RAW, [reading("a", n) for n in range(5)])
    empty.store(VIEWS, [view("a", "lux", n) for n in range(4)])
    empty.store(ALERTS, [alert(n, 0) for n in range(3)])
    empty.store(DEVICES, [device(name, 0) for name in "ab"])
    empty.store(DEAD_LETTERS, [dead_letter(0, 0)])
    empty.store(REFRESH, [{"_id": "refresh/60s", "horizon": NOON}])

    assert empty.get("/stats").json() == {
        "telemetry_records": 5,
        "aggregated_records": 4,
        "alerts": 3,
        "devices": 2,
        "dead_letters": 1,
        "aggregated_until": "2026-01-31T12:00:00.000Z",
    }


def test_before_the_first_refresh_nothing_is_settled(empty: DashboardClient) -> None:
    assert empty.get("/stats").json()["aggregated_until"] is None


@pytest.mark.parametrize(("seconds", "closed"), [(59.999, True), (60, False)])
def test_the_receipt_of_a_stored_reading_names_its_windows(
    empty: DashboardClient, seconds: float, *, closed: bool
) -> None:
    stored = reading("a", seconds, temperature_c=20.0, humidity=50.0)
    empty.store(RAW, [{**stored, "measurements": {"lux": 3.0}}])
    sensors = ["temperature_c", "humidity", "lux"]
    empty.store(VIEWS, [view("a", sensor, m) for sensor in sensors for m in (0, 1)])
    empty.store(REFRESH, [{"_id": "refresh/60s", "horizon": NOON + timedelta(seconds=60)}])

    receipt = empty.get(f"/receipts/{stored['_id']}").json()

    assert (receipt["state"], receipt["device_id"]) == ("stored", "a")
    assert [window["sensor_type"] for window in receipt["windows"]] == sensors
    assert {window["closed"] for window in receipt["windows"]} == {closed}


def test_a_reading_that_its_view_does_not_count_yet_is_in_no_closed_window(
    empty: DashboardClient,
) -> None:
    """`alert` may have stored it; `aggregate` counts it when it gets to it."""
    counted = [reading("a", n, temperature_c=20.0, humidity=1.0) for n in range(2)]
    late = {**reading("a", 9, humidity=2.0), "measurements": {"lux": 1.0, "co2": 2.0}}
    others = [reading("b", n, humidity=1.0) for n in range(3)]
    empty.store(RAW, [*counted, late, *others, reading("a", -1), reading("a", 60)])
    of_another_width = {**view("a", "co2", 0), "_id": "wide", "window_seconds": 300}
    empty.store(VIEWS, [view("a", "humidity", 0), view("a", "lux", 0), of_another_width])
    empty.store(REFRESH, [{"_id": "refresh/60s", "horizon": NOON + timedelta(hours=1)}])

    receipt = empty.get(f"/receipts/{late['_id']}").json()

    closed = {window["sensor_type"]: window["closed"] for window in receipt["windows"]}
    assert closed == {"humidity": False, "lux": True, "co2": False}


def test_a_reading_whose_window_has_no_view_is_in_no_closed_window(empty: DashboardClient) -> None:
    stored = reading("a", 0)
    empty.store(RAW, [stored])
    empty.store(REFRESH, [{"_id": "refresh/60s", "horizon": NOON + timedelta(hours=1)}])

    receipt = empty.get(f"/receipts/{stored['_id']}").json()

    assert [window["closed"] for window in receipt["windows"]] == [False]


def test_the_receipt_of_a_retry_without_a_clock_is_that_of_the_stored_reading(
    empty: DashboardClient,
) -> None:
    digest = digest_of("a", None, "7", {"lux": 1.0}, (None, None))
    first, retry = (reading_id_of(NOON + timedelta(seconds=s), digest) for s in (0, 9))
    row = {"_id": first, "device_id": "a", "ts": NOON, "received_at": NOON, "dedup": digest}
    empty.store(RAW, [{**row, "measurements": {"lux": 1.0}}])

    receipt = empty.get(f"/receipts/{retry}").json()

    assert (receipt["state"], receipt["stored_as"]) == ("stored", first)


def test_the_receipt_of_a_dead_letter_states_the_reason(empty: DashboardClient) -> None:
    reading_id = reading("a", 0)["_id"]
    letter = dead_letter(1, 5, reason="too_late", reading_ids=["0" * 44, reading_id])
    empty.store(DEAD_LETTERS, [letter])

    receipt = empty.get(f"/receipts/{reading_id}").json()

    assert (receipt["state"], receipt["reason"]) == ("dead_lettered", "too_late")
    assert receipt["dead_lettered_at"] == "2026-01-31T12:00:05.000Z"


def test_a_reading_that_was_redriven_and_stored_counts_as_stored(empty: DashboardClient) -> None:
    stored = reading("a", 0)
    empty.store(RAW, [stored])
    empty.store(DEAD_LETTERS, [dead_letter(1, 5, reading_ids=[stored["_id"]])])

    assert empty.get(f"/receipts/{stored['_id']}").json()["state"] == "stored"


def test_a_reading_that_nobody_has_seen_is_not_seen(empty: DashboardClient) -> None:
    response = empty.get(f"/receipts/{'0' * 44}")

    assert response.status_code == 200
    assert response.json()["state"] == "not_seen"


def test_the_routes_are_served_under_v1_too(empty: DashboardClient) -> None:
    empty.store(DEVICES, [device("a", 0)])

    assert empty.get("/v1/devices").json() == empty.get("/devices").json()
