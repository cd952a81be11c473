"""What is counted of the fleet and of the pipeline, on the real MongoDB."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.mongo.collections import (
    ALERTS,
    DEAD_LETTERS,
    DEVICES,
    OUTBOX,
    RAW,
    REFRESH,
    REFRESH_NOTES,
)
from tests.contract.dashboard.dashboard_client import DashboardClient
from tests.contract.dashboard.documents import NOON, alert, dead_letter, device, reading

pytestmark = pytest.mark.database


def test_of_an_empty_fleet_everything_is_nothing(empty: DashboardClient) -> None:
    fleet = empty.get("/fleet").raise_for_status().json()

    assert fleet["devices"] == {"total": 0, "online": 0, "stale": 0, "alerting": 0}
    assert (fleet["newest_reading_at"], fleet["aggregated_until"]) == (None, None)
    assert (fleet["alerts"], fleet["alerting_devices"]) == ([], [])
    assert fleet["waiting"] == {"batches": 0, "notices": 0, "dead_letters": 0}


def test_devices_are_counted_by_state(empty: DashboardClient) -> None:
    now = datetime.now(UTC)
    ages = {"a": 1, "b": 299, "c": 301, "d": 10_000}
    empty.store(
        DEVICES,
        [{**device(d, 0), "last_ts": now - timedelta(seconds=ages[d])} for d in ages],
    )
    empty.store(
        ALERTS,
        [
            alert(1, 0, device_id="d"),
            alert(2, 0, device_id="d", severity="critical"),
            alert(3, 0, device_id="a", status="acknowledged"),
            alert(4, 0, device_id="b", status="resolved"),
        ],
    )

    fleet = empty.get("/fleet").raise_for_status().json()

    assert fleet["devices"] == {"total": 4, "online": 2, "stale": 2, "alerting": 2}
    assert fleet["alerting_devices"] == ["a", "d"]
    assert fleet["alerts"] == [
        {"severity": "critical", "active": 1, "acknowledged": 0},
        {"severity": "warning", "active": 1, "acknowledged": 1},
    ]
    assert fleet["stale_after_seconds"] == 300
    newest = datetime.fromisoformat(fleet["newest_reading_at"])
    assert abs(newest - (now - timedelta(seconds=1))) < timedelta(milliseconds=2)


def test_what_waits_is_counted(empty: DashboardClient) -> None:
    empty.store(RAW, [reading("a", second) for second in range(3)])
    empty.store(REFRESH, [{"_id": "refresh/60s", "horizon": NOON}])
    empty.store(REFRESH_NOTES, [{"_id": "one"}, {"_id": "two"}])
    empty.store(OUTBOX, [{"_id": "a", "status": "waiting"}, {"_id": "b", "status": "delivered"}])
    empty.store(DEAD_LETTERS, [dead_letter(1, 0), dead_letter(2, 0, status="redriven")])

    fleet = empty.get("/fleet").raise_for_status().json()

    assert fleet["telemetry_records"] == 3
    assert fleet["aggregated_until"] == "2026-01-31T12:00:00.000Z"
    assert fleet["waiting"] == {"batches": 2, "notices": 1, "dead_letters": 1}


def test_dead_letters_are_grouped_by_what_they_died_of(empty: DashboardClient) -> None:
    of_world = {"reason": "keep_readings", "cause": "world"}
    empty.store(
        DEAD_LETTERS,
        [
            dead_letter(1, 0),
            dead_letter(2, 5, **of_world),
            dead_letter(3, 9, **of_world),
            dead_letter(4, 20, **of_world, status="redriven"),
        ],
    )

    rows = empty.rows("/dead-letters/causes")

    assert [(row["stage"], row["reason"], row["cause"], row["count"]) for row in rows] == [
        ("aggregate", "keep_readings", "world", 2),
        ("aggregate", "invalid_reading", None, 1),
    ]
    assert (rows[0]["first_at"], rows[0]["last_at"]) == (
        "2026-01-31T12:00:05.000Z",
        "2026-01-31T12:00:09.000Z",
    )
