"""A reading goes in, answers come out: through real processes, Kafka and MongoDB."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from confluent_kafka import Producer

from tests.support.driven_system import DrivenSystem

pytestmark = [pytest.mark.pipeline, pytest.mark.timeout(180)]

SOON_S = 30.0


def reading(**fields: object) -> dict[str, object]:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return {"device_id": f"device-{uuid.uuid4().hex}", "ts": now, "temperature_c": 21.5} | fields


def rows(system: DrivenSystem, path: str) -> list[dict[str, Any]]:
    answer = system.get(path)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def test_a_reading_is_answered_with_its_id_and_can_be_read(system: DrivenSystem) -> None:
    posted = reading(humidity=55.0, measurements={"pressure_hpa": 1013.2})
    telemetry = f"/telemetry?device_id={posted['device_id']}"

    answer = system.post(posted)

    assert answer.status_code == 202
    assert answer.json()["status"] == "queued"
    system.wait_for(lambda: rows(system, telemetry), SOON_S)
    (row,) = rows(system, telemetry)
    assert row["temperature_c"] == 21.5
    assert row["humidity"] == 55
    assert row["measurements"] == {"pressure_hpa": 1013.2}


def test_a_reading_shows_in_its_window_and_as_the_devices_latest(system: DrivenSystem) -> None:
    first = reading(ts="2026-01-31T12:00:10Z")
    second = first | {"ts": "2026-01-31T12:00:50Z", "temperature_c": 22.5}
    device = first["device_id"]

    system.post([first, second])

    windows = f"/devices/{device}/aggregates"
    system.wait_for(
        lambda: system.get(windows).status_code == 200 and rows(system, windows), SOON_S
    )
    (window,) = rows(system, windows)
    assert (window["count"], window["min"], window["max"], window["average"]) == (2, 21.5, 22.5, 22)
    assert window["timestamp"] == "2026-01-31T12:00:00.000Z"
    (latest,) = [one for one in rows(system, "/devices?limit=1000") if one["device_id"] == device]
    assert latest["latest"]["temperature_c"] == 22.5


def test_the_same_reading_posted_twice_counts_once(system: DrivenSystem) -> None:
    posted = reading(ts="2026-01-31T12:00:10Z")
    windows = f"/devices/{posted['device_id']}/aggregates"

    answers = [system.post(posted), system.post(posted)]
    system.post(posted | {"ts": "2026-01-31T12:05:00Z"})

    assert answers[0].json()["reading_id"] == answers[1].json()["reading_id"]
    system.wait_for(
        lambda: system.get(windows).status_code == 200 and len(rows(system, windows)) == 2, SOON_S
    )
    assert [window["count"] for window in rows(system, windows)] == [1, 1]


def test_a_reading_that_is_too_hot_raises_one_alert(system: DrivenSystem) -> None:
    posted = reading(temperature_c=63.5)

    system.post(posted)
    system.post(posted)

    alerts = f"/alerts?device_id={posted['device_id']}"
    system.wait_for(lambda: rows(system, alerts), SOON_S)
    (alert,) = rows(system, alerts)
    assert alert["alert_type"] == "temperature_c_high"
    assert alert["severity"] == "critical"
    assert alert["status"] == "active"


def test_a_bad_reading_is_refused_naming_the_field(system: DrivenSystem) -> None:
    answer = system.post(reading(temperature_c="warm"))

    assert answer.status_code == 422
    assert answer.headers.get("content-type") == "application/problem+json"
    assert "temperature_c" in answer.json()["detail"]


def test_of_a_batch_the_good_readings_are_queued(system: DrivenSystem) -> None:
    good = reading()

    answer = system.post([good, reading(lat=123)])

    assert answer.status_code == 207
    assert answer.json()["accepted"] == 1
    telemetry = f"/telemetry?device_id={good['device_id']}"
    system.wait_for(lambda: rows(system, telemetry), SOON_S)


POISON = {
    "readings that are none": (
        {"ce_specversion": "1.0", "ce_source": "/a-test", "ce_type": "iot.telemetry.readings.v1"},
        b'[{"device_id": "greenhouse-1"}]',
        "invalid_reading",
    ),
    "not JSON, and not UTF-8": (
        {"ce_specversion": "1.0", "ce_source": "/a-test", "ce_type": "iot.telemetry.readings.v1"},
        b"\xff\xfe",
        "invalid_reading",
    ),
    "an event of another type": (
        {"ce_specversion": "1.0", "ce_source": "/a-test", "ce_type": "org.example.other"},
        b"{}",
        "wrong_type",
    ),
}


@pytest.mark.parametrize(("attributes", "value", "reason"), POISON.values(), ids=list(POISON))
def test_a_poison_record_becomes_a_dead_letter_with_its_reason(
    system: DrivenSystem, attributes: dict[str, str], value: bytes, reason: str
) -> None:
    event_id = uuid.uuid4().hex
    times = {"ce_id": event_id, "ce_time": datetime.now(UTC).isoformat()}

    produce(system, attributes | times | {"content-type": "application/json"}, value)

    system.wait_for(lambda: len(letters_of(system, event_id)) == 2, SOON_S)
    assert {letter["stage"] for letter in letters_of(system, event_id)} == {"aggregate", "alert"}
    assert {letter["reason"] for letter in letters_of(system, event_id)} == {reason}


def test_a_record_that_is_no_event_becomes_a_dead_letter_too(system: DrivenSystem) -> None:
    marker = uuid.uuid4().hex

    produce(system, {"sender": marker}, b"temperature=21.5")

    def found() -> list[dict[str, Any]]:
        letters = rows(system, "/dead-letters?limit=1000")
        return [one for one in letters if one["attributes"].get("kafkaheadersender") == marker]

    system.wait_for(lambda: len(found()) == 2, SOON_S)
    assert {letter["event_type"] for letter in found()} == {"dev.knative.kafka.event"}


def test_a_reading_from_last_week_corrects_its_window(system: DrivenSystem) -> None:
    week_ago = (datetime.now(UTC) - timedelta(days=7)).replace(second=10, microsecond=0)
    first = reading(ts=week_ago.isoformat())
    windows = f"/devices/{first['device_id']}/aggregates"
    system.post(first)
    system.wait_for(
        lambda: system.get(windows).status_code == 200 and rows(system, windows), SOON_S
    )

    system.post(first | {"ts": week_ago.replace(second=20).isoformat(), "temperature_c": 30.0})

    system.wait_for(lambda: rows(system, windows)[0]["count"] == 2, SOON_S)
    assert rows(system, windows)[0]["max"] == 30


def letters_of(system: DrivenSystem, event_id: str) -> list[dict[str, Any]]:
    letters = rows(system, "/dead-letters?limit=1000")
    return [letter for letter in letters if letter["event_id"] == event_id]


def produce(system: DrivenSystem, headers: dict[str, str], value: bytes) -> None:
    producer = Producer({"bootstrap.servers": system.state["kafka_bootstrap"], "acks": "all"})
    lines: list[tuple[str, str | bytes | None]] = [
        (name, text.encode()) for name, text in headers.items()
    ]
    producer.produce("telemetry.raw", value, headers=lines)
    assert producer.flush(20) == 0
