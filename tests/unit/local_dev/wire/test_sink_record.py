"""Which record a KafkaSink makes of a request."""

from __future__ import annotations

import pytest

from local_dev.wire.cloud_event import NotAnEventError
from local_dev.wire.sink_record import SinkRecord, sink_record

EVENT = (
    (b"Host", b"x"),
    (b"ce-specversion", b"1.0"),
    (b"ce-id", b"7"),
    (b"ce-source", b"/s"),
    (b"ce-type", b"t"),
    (b"Kn-Namespace", b"ns"),
)


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
