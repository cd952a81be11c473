"""How readings travel."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.ingest.acceptance import PostedReading, accept
from shared.outcomes import PermanentError
from shared.readings.cloud_event import CloudEvent
from shared.readings.identity import digest_of, reading_id_of
from shared.readings.reading_event import (
    MAX_RECORD_BYTES,
    READINGS_TYPE,
    readings_in,
    records_of,
)
from tests.support.readings import IDS, NOW, POSTED, QUICK, accepted, at, delivered

NAMES_64_LONG = [f"sensor_{number:057d}" for number in range(64)]


def event(data: bytes, **changes: str) -> CloudEvent:
    attributes = {"type": READINGS_TYPE, "time": "2026-01-31T12:00:00Z"} | changes
    return CloudEvent(attributes, "application/json", data)


def stored_form(**changes: object) -> bytes:
    """A reading as a foreign producer may write it: its own fields, and the id of the plain one."""
    plain = json.loads(records_of([accepted()], NOW)[0].value)[0]
    return json.dumps([plain | changes]).encode()


def reading_of(ts: datetime) -> bytes:
    """A reading whose id is right for its time, whatever the time."""
    digest = digest_of("d", ts, None, {"humidity": 1.0}, (None, None))
    content = {"reading_id": reading_id_of(ts, digest), "device_id": "d", "humidity": 1.0}
    return json.dumps([content | {"ts": ts.isoformat()}]).encode()


@QUICK
@given(st.lists(st.tuples(POSTED, st.none() | IDS), min_size=1, max_size=5))
def test_readings_come_out_as_they_went_in(
    given_ones: list[tuple[dict[str, object], str | None]],
) -> None:
    readings = [
        accept(PostedReading.model_validate(one), NOW, key, lambda: "n0") for one, key in given_ones
    ]

    received = [readings_in(delivered(record)) for record in records_of(readings, NOW)]

    assert [reading for one in received for reading in one.readings] == readings
    assert received[0].received_at == NOW


def test_a_record_is_a_cloud_event_in_binary_mode() -> None:
    reading = accepted()

    record = records_of([reading], NOW)[0]

    assert record.headers == [
        ("ce_specversion", b"1.0"),
        ("ce_id", reading.reading_id.encode()),
        ("ce_source", b"/iot-telemetry/ingest"),
        ("ce_type", b"iot.telemetry.readings.v1"),
        ("ce_time", b"2026-01-31T12:00:00.123456Z"),
        ("ce_partitionkey", b"greenhouse-1"),
        ("content-type", b"application/json"),
        ("ce_subject", b"greenhouse-1"),
    ]
    assert record.key == b"greenhouse-1"


def test_a_record_of_several_devices_is_spread_by_its_own_id_and_has_no_subject() -> None:
    record = records_of([accepted(), accepted(device_id="greenhouse-2")], NOW)[0]

    headers = dict(record.headers)

    assert "ce_subject" not in headers
    assert record.key == headers["ce_id"] == headers["ce_partitionkey"]


def test_the_same_readings_give_an_event_of_the_same_id_whenever_they_come() -> None:
    readings = [at(1), at(2)]

    first = records_of(readings, NOW)[0]
    second = records_of(readings, NOW + timedelta(hours=1))[0]

    assert dict(first.headers)["ce_id"] == dict(second.headers)["ce_id"]


def test_the_same_readings_in_another_order_are_another_event() -> None:
    one = records_of([at(1), at(2)], NOW)[0]
    other = records_of([at(2), at(1)], NOW)[0]

    assert dict(one.headers)["ce_id"] != dict(other.headers)["ce_id"]


def test_500_readings_fit_into_one_record_and_501_need_two() -> None:
    assert len(records_of([at(number) for number in range(500)], NOW)) == 1
    assert len(records_of([at(number) for number in range(501)], NOW)) == 2


def test_a_record_stays_far_below_what_kafka_takes_however_many_sensors_there_are() -> None:
    long_ones = [
        at(number, measurements=dict.fromkeys(NAMES_64_LONG, 1.2345678901234567e-99))
        for number in range(400)
    ]

    records = records_of(long_ones, NOW)

    assert max(len(record.value) for record in records) <= MAX_RECORD_BYTES
    kept = [reading for record in records for reading in readings_in(delivered(record)).readings]
    assert kept == long_ones


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b"", ""),
        (b"temperature=21.5", ""),
        (b"\xff\xfe", ""),
        (b"{}", ""),
        (b"[]", "data"),
        (b"[5]", "0"),
        (stored_form(device_id=""), "0.device_id"),
        (stored_form(device_id="greenhouse-1\n"), "0.device_id"),
        (stored_form(temperature_c="21.5"), "0.temperature_c"),
        (stored_form(temperature_c=True), "0.temperature_c"),
        (stored_form(temperature_c=1e101), "0.temperature_c"),
        (stored_form(surprise=1), "0.surprise"),
        (stored_form(reading_id="short"), "0.reading_id"),
        (stored_form(temperature_c=22), "0.reading_id"),
        (stored_form(ts="2026-01-31T11:59:01Z"), "0.reading_id"),
        (stored_form(ts_assigned=True), "0.reading_id"),
        (stored_form(measurements={"temperature_c": 1}), "0.reading_id"),
        (stored_form(measurements={"no name": 1}), "0.measurements.no name"),
        (stored_form(ts="2026-01-31T11:59:00"), "0.ts"),
        (reading_of(datetime(1999, 12, 31, 23, 59, tzinfo=UTC)), "0.ts"),
        (reading_of(datetime(1969, 12, 31, 23, 59, tzinfo=UTC)), "0.ts"),
        (reading_of(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)), "0.ts"),
        (reading_of(datetime(9999, 12, 31, tzinfo=timezone(-timedelta(hours=23)))), "0.ts"),
    ],
)
def test_what_is_no_reading_is_rejected_by_its_field(data: bytes, field: str) -> None:
    with pytest.raises(PermanentError) as caught:
        readings_in(event(data))

    assert (caught.value.reason, caught.value.field) == ("invalid_reading", field)


def test_a_million_faults_are_told_by_the_first() -> None:
    """Listing all of them took 0.8 s, in which the process answered nobody else."""
    with pytest.raises(PermanentError, match=r"^0: "):
        readings_in(event(b"[" + b"1," * 400_000 + b"1]"))


def test_an_event_of_another_type_is_rejected() -> None:
    with pytest.raises(PermanentError) as caught:
        readings_in(event(stored_form(), type="dev.knative.kafka.event"))

    assert (caught.value.reason, caught.value.field) == ("wrong_type", "ce-type")


@pytest.mark.parametrize(
    "time",
    ["", "yesterday", "2026-01-31T12:00:00", "9999-12-31T23:59:59-23:00", "0001-01-01T00:00+23:00"],
)
def test_an_event_without_a_time_of_receipt_is_rejected(time: str) -> None:
    with pytest.raises(PermanentError) as caught:
        readings_in(event(stored_form(), time=time))

    assert (caught.value.reason, caught.value.field) == ("invalid_time", "ce-time")
