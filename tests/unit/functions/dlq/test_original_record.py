"""Which record is published again for a dead letter."""

import pytest

from functions.dlq.original_record import record_of
from shared.readings.cloud_event import CloudEvent, event_of
from shared.readings.reading_event import records_of
from tests.support.readings import NOW, accepted, at, delivered

WHOLE = {"id": "1", "source": "/s", "type": "t", "specversion": "1.0"}
REST = [(b"ce-source", b"/s"), (b"ce-type", b"t"), (b"ce-specversion", b"1.0")]
FAILURE = {
    "knativeerrordest": "http://aggregate.telemetry.svc.cluster.local",
    "knativeerrorcode": "503",
    "knativeerrordata": "e30=",
    "reason": "keep_readings",
    "knativekafkapartition": "3",
    "knativekafkaoffset": "41",
}


@pytest.mark.parametrize("readings", [[accepted()], [at(1), at(2, device_id="greenhouse-2")]])
def test_a_redriven_record_is_the_one_that_ingest_wrote(readings: list[object]) -> None:
    original = records_of(readings, NOW)[0]  # type: ignore[arg-type]  # pytest gives objects
    event = delivered(original)
    letter = CloudEvent({**event.attributes, **FAILURE}, event.content_type, event.data)

    again = record_of(letter)

    assert sorted(again.headers, key=str) == sorted(original.headers, key=str)
    assert (again.key, again.value) == (original.key, original.value)


def test_what_the_failure_added_is_dropped_and_all_else_stays() -> None:
    letter = CloudEvent({**WHOLE, "mine": "ü", **FAILURE}, None, b"\x00\xff")

    again = record_of(letter)

    assert dict(again.headers) == {
        "ce_id": b"1",
        "ce_source": b"/s",
        "ce_type": b"t",
        "ce_specversion": b"1.0",
        "ce_mine": "ü".encode(),
    }
    assert again.value == b"\x00\xff"


def test_an_event_without_a_partition_key_is_spread_by_its_id() -> None:
    assert record_of(CloudEvent(WHOLE, None, b"")).key == b"1"


@pytest.mark.parametrize("event_id", ["a%41", "aA", "50%", "%2525", "%ff", 'a "quoted" id'])
def test_an_id_is_published_byte_for_byte(event_id: str) -> None:
    letter = event_of([(b"ce-id", event_id.encode()), *REST], b"")

    assert dict(record_of(letter).headers)["ce_id"] == event_id.encode()


def test_what_kafka_source_sent_as_latin_1_is_published_as_it_was_in_kafka() -> None:
    letter = event_of([(b"ce-id", b"1"), (b"ce-subject", b"Z\xfcrich"), *REST], b"")

    assert dict(record_of(letter).headers)["ce_subject"] == "Zürich".encode()


def test_no_time_is_made_up_for_an_event_without_one() -> None:
    assert "ce_time" not in dict(record_of(CloudEvent(WHOLE, None, b"")).headers)


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_no_cloud_event_is_not_published(name: str) -> None:
    rest = {key: value for key, value in WHOLE.items() if key != name}

    with pytest.raises(ValueError, match=f"it is no CloudEvent: {name} is missing"):
        record_of(CloudEvent(rest, None, b""))


def test_an_event_of_a_version_that_nobody_reads_is_not_published() -> None:
    with pytest.raises(ValueError, match=r"its specversion is 2\.0"):
        record_of(CloudEvent(WHOLE | {"specversion": "2.0"}, None, b""))
