"""What went wrong with a dead letter."""

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.dlq.failure_report import (
    FailureReport,
    is_dead_letter,
    letter_id_of,
    place_of,
    report_of,
)
from shared.readings.cloud_event import CloudEvent, event_of
from shared.readings.reading_event import records_of
from tests.support.readings import NOW, QUICK, accepted, at, delivered

AGGREGATE = "http://aggregate.telemetry.svc.cluster.local"


def report(data: bytes = b"", **attributes: str) -> FailureReport:
    return report_of(CloudEvent(attributes, None, data))


def base64_of(text: bytes) -> str:
    return base64.b64encode(text).decode()


def test_the_sample_dead_letter_is_read_as_its_function_told_it(root: Path) -> None:
    sample = json.loads((root / "tests" / "events" / "dead-letter.json").read_text())
    data = json.dumps(sample.pop("data")).encode()

    found = report(data, **sample)

    assert (found.stage, found.reason, found.error_code) == ("aggregate", "invalid_reading", 422)
    assert json.loads(str(found.error_data))["field"] == "0.reading_id"


@pytest.mark.parametrize(
    ("destination", "stage"),
    [
        (AGGREGATE, "aggregate"),
        ("http://alert.telemetry.svc.cluster.local/", "alert"),
        ("http://alert-v2.telemetry.svc:8080/path?x=1", "alert-v2"),
        ("https://alert", "alert"),
        ("http://127.0.0.1:8003", "unknown"),
        ("http://[::1]:8003", "unknown"),
        ("http://[", "unknown"),
        ("aggregate", "unknown"),
        ("http://", "unknown"),
        ("http://-bad-.x", "unknown"),
        ("", "unknown"),
    ],
)
def test_the_stage_is_the_function_s_name_in_the_destination(destination: str, stage: str) -> None:
    assert report(knativeerrordest=destination).stage == stage


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"reason": "invalid_reading"}, "invalid_reading"),
        ({"reason": "Not a word", "knativeerrorcode": "422"}, "http_422"),
        ({"knativeerrorcode": "503"}, "http_503"),
        ({"knativeerrordest": AGGREGATE}, "no_response"),
        ({"knativeerrorcode": "-1", "knativeerrordest": AGGREGATE}, "no_response"),
        ({"knativeerrorcode": "9000"}, "unknown"),
        ({}, "unknown"),
        ({"knativeerrordata": base64_of(b'{"reason":"keep_readings"}')}, "keep_readings"),
        ({"knativeerrordata": base64_of(b'{"reason":5}')}, "unknown"),
        ({"knativeerrordata": base64_of(b'["reason"]')}, "unknown"),
        ({"knativeerrordata": base64_of(b'{"reason":"keep_readings"}'[:9])}, "unknown"),
        ({"reason": "r" * 65}, "unknown"),
    ],
)
def test_the_reason_is_the_best_that_is_known(attributes: dict[str, str], reason: str) -> None:
    assert report(b"", **attributes).reason == reason


@pytest.mark.parametrize(
    ("code", "status"), [("422", 422), ("", None), ("4.2", None), ("²²²", None)]
)
def test_a_code_is_a_status_or_nothing(code: str, status: int | None) -> None:
    assert report(knativeerrorcode=code).error_code == status


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        (base64_of(b'{"detail":"\xc3\xbc"}'), '{"detail":"ü"}'),
        (base64_of(b"\xff\xfe"), "\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"),
        (base64_of(b""), ""),
        ("not base64!", "not base64!"),
        ("ü", "ü"),
    ],
)
def test_error_data_is_decoded_where_it_is_base64(sent: str, text: str) -> None:
    assert report(knativeerrordata=sent).error_data == text


def test_the_readings_of_a_dead_letter_can_be_found_by_their_ids() -> None:
    readings = [accepted(), at(5)]
    record = records_of(readings, NOW)[0]

    assert report(record.value).reading_ids == [one.reading_id for one in readings]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text",
        b"\xff",
        b"5",
        b"[5, null, []]",
        b'[{"reading_id": 5}]',
        b'[{"reading_id": "short"}]',
        json.dumps([{"reading_id": "\ud800" * 44}]).encode(),  # no UTF-8 can hold it, nor MongoDB
        json.dumps([{"reading_id": "$" * 44}]).encode(),
        b"[" * 100_000,
        b"1" * 5_000,
    ],
)
def test_what_holds_no_reading_ids_gives_none(data: bytes) -> None:
    assert report(data).reading_ids == []


NAMES = st.sampled_from(
    ["knativeerrordest", "knativeerrorcode", "knativeerrordata", "reason", "id", "source", ""]
)
HEADERS = st.lists(st.tuples(NAMES.map(lambda name: b"ce-" + name.encode()), st.binary()))


@QUICK
@given(HEADERS, st.binary() | st.text().map(str.encode))
def test_a_report_is_made_whatever_the_event_holds(
    headers: list[tuple[bytes, bytes]], data: bytes
) -> None:
    event = event_of(headers, data, required=())

    found = report_of(event)

    assert found.stage
    assert found.reason
    assert letter_id_of(found.stage, event).startswith(f"{found.stage}/")
    f"{found}".encode()  # all of it can be stored as UTF-8


def test_a_letter_is_the_same_by_stage_source_id_and_bytes() -> None:
    event = delivered(records_of([accepted()], NOW)[0])

    ids = {
        letter_id_of("aggregate", event),
        letter_id_of("alert", event),
        letter_id_of("aggregate", CloudEvent({**event.attributes, "id": "x"}, None, event.data)),
        letter_id_of(
            "aggregate", CloudEvent({**event.attributes, "source": "x"}, None, event.data)
        ),
        letter_id_of("aggregate", CloudEvent(event.attributes, None, b"x")),
    }

    assert len(ids) == 5
    assert letter_id_of("aggregate", event) == letter_id_of(
        "aggregate", CloudEvent({**event.attributes, "time": "later"}, "text/plain", event.data)
    )


def test_the_parts_of_a_letter_s_id_do_not_run_into_each_other() -> None:
    one = CloudEvent({"source": "ab", "id": "c"}, None, b"")
    other = CloudEvent({"source": "a", "id": "bc"}, None, b"")

    assert letter_id_of("alert", one) != letter_id_of("alert", other)


@pytest.mark.parametrize(
    ("attributes", "cause"),
    [
        ({"knativeerrordest": AGGREGATE}, "world"),  # no response: away, or too late
        *[({"knativeerrorcode": str(code)}, "world") for code in (404, 408, 429, 502, 503, 504)],
        *[({"knativeerrorcode": str(code)}, "data") for code in (400, 405, 413, 415, 422, 431)],
        *[({"knativeerrorcode": str(code)}, "fault") for code in (303, 500, 501, 505)],
        ({}, "unknown"),
    ],
)
def test_the_cause_follows_from_the_status(attributes: dict[str, str], cause: str) -> None:
    assert report(b"", **attributes).cause == cause


@pytest.mark.parametrize(
    ("attributes", "place"),
    [
        ({"knativekafkapartition": "0", "knativekafkaoffset": "7"}, ("0", "7")),
        ({"knativekafkaoffset": "7"}, None),
        ({"knativekafkapartition": "0", "knativekafkaoffset": ""}, None),
        ({}, None),
    ],
)
def test_the_place_is_that_of_the_record(
    attributes: dict[str, str], place: tuple[str, str] | None
) -> None:
    assert place_of(CloudEvent(attributes, None, b"")) == place


@pytest.mark.parametrize("name", ["knativeerrordest", "knativekafkaoffset", "reason"])
def test_a_dead_letter_is_told_by_what_kafka_source_adds(name: str) -> None:
    assert is_dead_letter(CloudEvent({"id": "1", name: "x"}, None, b""))
    assert not is_dead_letter(CloudEvent({"id": "1"}, None, b""))
