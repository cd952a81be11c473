"""Our decoder and our record builder say what the CloudEvents SDK says, both ways."""

from datetime import datetime
from typing import Any

import pytest
from cloudevents.conversion import to_binary as to_http
from cloudevents.exceptions import MissingRequiredFields
from cloudevents.http import CloudEvent as SdkEvent
from cloudevents.http import from_http
from cloudevents.kafka import KafkaMessage
from cloudevents.kafka import from_binary as from_kafka
from cloudevents.kafka import to_binary as to_kafka
from hypothesis import given
from hypothesis import strategies as st

from functions.ingest.acceptance import PostedReading, accept
from shared.outcomes import PermanentError
from shared.readings.cloud_event import REQUIRED, CloudEvent, event_of
from shared.readings.reading_event import Record, records_of
from tests.support.readings import NOW, POSTED, QUICK, TIMES, delivered

# A header's value: what RFC 9110 allows in one, read as Latin-1; a percent sign is likely.
VALUES = st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f"))
VALUES |= st.text("a%2541 ", max_size=9).map(str.strip)
EXTENSIONS = st.text("abcxyz019", min_size=1, max_size=20).map("x{}".format)
WHOLE = st.fixed_dictionaries(
    {"id": VALUES, "source": VALUES, "type": VALUES, "specversion": st.just("1.0")},
    optional={"time": TIMES.map(datetime.isoformat), "subject": VALUES, "dataschema": VALUES},
)
MORE = st.dictionaries(EXTENSIONS, VALUES)
ATTRIBUTES = st.builds(lambda whole, more: {**more, **whole}, WHOLE, MORE)
CONTENT_TYPES = st.none() | st.sampled_from(["application/json", "text/plain; charset=latin-1"])
DATA = st.binary(min_size=1)  # of an empty body the SDK makes None


@QUICK
@given(ATTRIBUTES, CONTENT_TYPES, DATA)
def test_we_read_what_the_sdk_writes(
    attributes: dict[str, str], content_type: str | None, data: bytes
) -> None:
    headers, body = to_http(sdk_event(attributes, content_type, data), data_marshaller=bytes)

    assert event_of(raw(headers), body) == CloudEvent(attributes, content_type, data)


@QUICK
@given(ATTRIBUTES, CONTENT_TYPES, DATA)
def test_we_read_what_the_sdk_reads(
    attributes: dict[str, str], content_type: str | None, data: bytes
) -> None:
    headers = {f"ce-{name}": text for name, text in attributes.items()}
    headers |= {"content-type": content_type} if content_type else {}

    ours, theirs = event_of(raw(headers), data), from_http(headers, data, lambda body: body)

    assert ours.attributes == own_attributes(theirs, attributes)
    assert (ours.content_type, ours.data) == (theirs.get("datacontenttype"), theirs.get_data())


@pytest.mark.parametrize("text", ["a%41", "50%", "%25", "%C3%BC", '"x"'])
def test_neither_decodes_what_the_http_binding_has_receivers_decode(text: str) -> None:
    """CloudEvents HTTP binding 1.0.2, 3.1.3.2; our reason is in shared/readings/cloud_event.py."""
    headers = {f"ce-{name}": "1.0" for name in REQUIRED} | {"ce-subject": text}

    theirs = from_http(headers, b"x")

    assert theirs["subject"] == event_of(raw(headers), b"x").attributes["subject"] == text


@pytest.mark.parametrize("missing", ["id", "source", "type"])
def test_both_refuse_what_is_no_event(missing: str) -> None:
    headers = {f"ce-{name}": "1.0" for name in REQUIRED if name != missing}

    with pytest.raises(PermanentError):
        event_of(raw(headers), b"x")
    with pytest.raises(MissingRequiredFields):
        from_http(headers, b"x")


@QUICK
@given(st.lists(POSTED, min_size=1, max_size=3))
def test_the_sdk_reads_from_our_record_what_we_read_from_it(posted: list[dict[str, Any]]) -> None:
    record = record_of(posted)

    theirs = from_kafka(kafka_message(record), data_unmarshaller=lambda value: value)

    ours = delivered(record)
    assert own_attributes(theirs, ours.attributes) == ours.attributes
    assert (theirs["datacontenttype"], theirs.get_data()) == (ours.content_type, ours.data)


@QUICK
@given(st.lists(POSTED, min_size=1, max_size=3))
def test_the_sdk_writes_the_record_that_we_build(posted: list[dict[str, Any]]) -> None:
    """But for one header: it keeps `partitionkey` in the key alone, which KafkaSource drops."""
    record = record_of(posted)
    attributes = {n.removeprefix("ce_"): text.decode() for n, text in record_headers(record)}

    made = to_kafka(
        sdk_event(attributes, attributes.pop("content-type"), record.value), data_marshaller=bytes
    )

    assert made.headers | {"ce_partitionkey": record.key} == dict(record_headers(record))
    assert (str(made.key).encode(), made.value) == (record.key, record.value)


def sdk_event(attributes: dict[str, str], content_type: str | None, data: bytes) -> SdkEvent:
    """Return the SDK's event of these attributes alone: it takes the time of day for none."""
    made = SdkEvent(attributes | ({"datacontenttype": content_type} if content_type else {}), data)
    if "time" not in attributes:
        del made["time"]
    return made


def own_attributes(event: SdkEvent, given_ones: Any) -> dict[str, str]:
    """Return the attributes of an event, without those that the SDK made up."""
    made_up = {"datacontenttype", *({"time"} - set(given_ones))}
    return {
        name: text
        for name, text in event.get_attributes().items()
        if name not in made_up and text is not None
    }


def record_of(posted: list[dict[str, Any]]) -> Record:
    readings = [
        accept(PostedReading.model_validate(one), NOW, None, lambda: "n0") for one in posted
    ]
    return records_of(readings, NOW)[0]


def record_headers(record: Record) -> list[tuple[str, bytes]]:
    return [(name, value) for name, value in record.headers if isinstance(value, bytes)]


def kafka_message(record: Record) -> KafkaMessage:
    return KafkaMessage(dict(record_headers(record)), record.key.decode(), record.value)


def raw(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), text.encode("latin-1")) for name, text in headers.items()]
