"""Which record a KafkaSink makes of a request, and when a PingSource speaks."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from local_dev.eventing.ping_source import PingSource, seconds_to_next
from local_dev.wire.cloud_event import Event, NotAnEventError
from local_dev.wire.sink_record import SinkRecord, sink_record
from tests.support.manifests import a_ping, a_reference

NOW = datetime(2026, 1, 31, 12, 3, 20, 500_000, tzinfo=UTC)
EVENT = (
    (b"Host", b"x"),
    (b"ce-specversion", b"1.0"),
    (b"ce-id", b"7"),
    (b"ce-source", b"/s"),
    (b"ce-type", b"t"),
    (b"Kn-Namespace", b"ns"),
)


class Nowhere:
    url = "http://nowhere"


def test_a_request_becomes_a_record_with_ce_headers_and_its_partition_key() -> None:
    headers = (*EVENT, (b"ce-partitionkey", b"dev-1"), (b"Content-Type", b"application/json"))

    assert sink_record(headers, b"{}") == SinkRecord(
        b"dev-1",
        b"{}",
        (
            ("ce_specversion", b"1.0"),
            ("ce_id", b"7"),
            ("ce_source", b"/s"),
            ("ce_type", b"t"),
            ("ce_partitionkey", b"dev-1"),
            ("content-type", b"application/json"),
        ),
    )


def test_of_two_headers_of_one_name_the_last_is_kept() -> None:
    record = sink_record((*EVENT, (b"ce-id", b"8")), b"")

    assert dict(record.headers)["ce_id"] == b"8"


def test_without_a_partition_key_the_record_has_no_key() -> None:
    assert sink_record(EVENT, b"").key is None


def test_latin_1_arrives_as_utf_8() -> None:
    record = sink_record((*EVENT, (b"ce-subject", b"K\xe4lte")), b"")

    assert dict(record.headers)["ce_subject"] == "K\u00e4lte".encode()


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ((), b""),
        (EVENT[:2], b""),
        (((b"content-type", b"application/cloudevents+json"),), b"{"),
        ((*EVENT, (b"ce-a_b", b"1")), b""),
    ],
)
def test_what_is_no_event_is_refused(headers: tuple[tuple[bytes, bytes], ...], body: bytes) -> None:
    with pytest.raises(NotAnEventError):
        sink_record(headers, body)


@pytest.mark.parametrize(
    ("every_minutes", "seconds"), [(10, 399.5), (1, 39.5), (4, 39.5), (59, 3339.5), (45, 2499.5)]
)
def test_a_ping_waits_for_the_next_minute_of_its_schedule(
    every_minutes: int, seconds: float
) -> None:
    assert seconds_to_next(NOW, every_minutes) == seconds


def test_a_schedule_starts_anew_with_each_hour() -> None:
    late = NOW.replace(minute=50)

    assert seconds_to_next(late, 45) == 9 * 60 + 39.5


def test_a_ping_says_who_it_is() -> None:
    ping = a_ping("refresh", "*/10 * * * *", a_reference("aggregate"))
    source = PingSource(ping, "telemetry", Nowhere(), print)  # type: ignore[arg-type]  # nothing is sent

    event = Event.of(source.event(NOW, "id-1"))

    assert (event.content_type, event.data) == ("application/json", b"{}")
    assert event.attributes == {
        "specversion": "1.0",
        "id": "id-1",
        "source": "/apis/v1/namespaces/telemetry/pingsources/refresh",
        "type": "dev.knative.sources.ping",
        "time": "2026-01-31T12:03:20.500000Z",
    }
