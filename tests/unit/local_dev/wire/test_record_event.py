"""Which event a record becomes. The conformance suite compares many more with the real one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_dev.manifests.eventing import KeyType
from local_dev.wire.cloud_event import Event, NotAnEventError, read_attributes, time_text
from local_dev.wire.record_event import Lost, Record, RecordReader, record_time

READER = RecordReader("telemetry", "raw-to-alert", KeyType.STRING, {})
BINARY = (
    ("ce_specversion", b"1.0"),
    ("ce_id", b"7"),
    ("ce_source", b"/s"),
    ("ce_type", b"t"),
)


def record(*headers: tuple[str, bytes | None], value: bytes | None = b"x") -> Record:
    return Record("raw", 2, 41, 1_769_860_800_120, b"dev-1", value, headers)


def event_of(given: Record, reader: RecordReader = READER) -> Event:
    (event,) = reader.read_poll([given])
    assert isinstance(event, Event)
    return event


def test_a_binary_event_passes_with_its_coordinates_but_without_its_key() -> None:
    event = event_of(record(*BINARY, ("content-type", b"application/json"), value=b"{}"))

    assert event == Event(
        {
            "specversion": "1.0",
            "id": "7",
            "source": "/s",
            "type": "t",
            "knativekafkapartition": "2",
            "knativekafkaoffset": "41",
        },
        "application/json",
        b"{}",
    )


def test_other_kafka_headers_of_an_event_are_dropped() -> None:
    event = event_of(record(*BINARY, ("x-foo", b"1")))

    assert "xfoo" not in event.attributes


def test_a_foreign_record_becomes_an_event_that_says_where_it_came_from() -> None:
    event = event_of(record(("X-Foo_Bar", b"1"), ("Content-Type", b"Text/Plain")))

    assert event.content_type == "text/plain"
    assert event.attributes == {
        "specversion": "1.0",
        "id": "partition:2/offset:41",
        "source": "/apis/v1/namespaces/telemetry/kafkasources/raw-to-alert#raw",
        "type": "dev.knative.kafka.event",
        "subject": "partition:2#41",
        "time": "2026-01-31T12:00:00.12Z",
        "key": "dev-1",
        "partitionkey": "dev-1",
        "kafkaheaderxfoobar": "1",
        "knativekafkapartition": "2",
        "knativekafkaoffset": "41",
    }


@pytest.mark.parametrize(
    "header",
    [
        ("ce_device_id", b"d"),
        ("ce_time", b"yesterday"),
        ("ce_source", b"a b"),
        ("ce_specversion", b"9.9"),
    ],
)
def test_a_record_that_is_nearly_an_event_becomes_a_foreign_one(
    header: tuple[str, bytes],
) -> None:
    event = event_of(record(*BINARY, header))

    assert event.attributes["type"] == "dev.knative.kafka.event"
    assert event.attributes["kafkaheadercetype"] == "t"


def test_a_structured_event_is_taken_apart_and_its_data_written_anew() -> None:
    envelope = {
        "specversion": "1.0",
        "id": "7",
        "source": "/s",
        "type": "t",
        "n": 5,
        "b": True,
        "datacontenttype": "application/json",
        "data": {"a": [1, 2.50, "\u00e4"]},
    }
    value = json.dumps(envelope).encode()

    event = event_of(record(("content-type", b"application/cloudevents+json"), value=value))

    assert event.attributes["n"] == "5"
    assert event.attributes["b"] == "true"
    assert event.content_type == "application/json"
    assert event.data == '{"a":[1,2.5,"\u00e4"]}'.encode()


def test_overrides_of_the_source_win() -> None:
    reader = RecordReader("ns", "src", KeyType.STRING, {"site": "north", "type": "other"})

    event = event_of(record(*BINARY), reader)

    assert (event.attributes["site"], event.attributes["type"]) == ("north", "other")


def test_a_null_header_loses_an_event() -> None:
    assert READER.read_poll([record(*BINARY, ("x", None))]) == [Lost("a header has a null value")]


def test_a_null_header_in_a_foreign_record_loses_all_foreign_records_of_the_poll() -> None:
    polled = READER.read_poll([record(*BINARY), record(), record(("h", None)), record(*BINARY)])

    assert [isinstance(each, Lost) for each in polled] == [False, True, True, False]


@pytest.mark.parametrize(
    ("given_text", "written"),
    [
        ("2026-01-02T03:04:05.100+02:00", "2026-01-02T03:04:05.1+02:00"),
        ("2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05.123456789Z"),
        ("2026-01-02t03:04:05.000z", "2026-01-02T03:04:05Z"),
        ("2026-01-02T03:04+00:00", "2026-01-02T03:04:00Z"),
    ],
)
def test_a_time_keeps_its_zone_and_loses_trailing_zeros(given_text: str, written: str) -> None:
    assert time_text(given_text) == written


@given(st.integers(0, 4_102_444_800_000))
def test_every_record_time_is_a_time(timestamp_ms: int) -> None:
    text = record_time(timestamp_ms)

    assert time_text(text) == text


@pytest.mark.parametrize("missing", ["specversion", "id", "source", "type"])
def test_an_event_needs_its_four_attributes(missing: str) -> None:
    given_attributes = {"specversion": "1.0", "id": "", "source": "/s", "type": "t"}
    del given_attributes[missing]

    with pytest.raises(NotAnEventError, match=missing):
        read_attributes(given_attributes, None, b"")


@given(
    st.dictionaries(st.text(min_size=1), st.none() | st.binary(), max_size=5),
    st.none() | st.binary(),
    st.none() | st.binary(),
)
def test_every_record_becomes_an_event_or_is_lost(
    headers: dict[str, bytes | None], key: bytes | None, value: bytes | None
) -> None:
    strange = Record("raw", 0, 0, 0, key, value, tuple(headers.items()))

    (polled,) = READER.read_poll([strange])

    assert isinstance(polled, Lost) == (None in headers.values())
