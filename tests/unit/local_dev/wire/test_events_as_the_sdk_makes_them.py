"""Our readers and writers of events, held to the CloudEvents SDK where Java does not differ."""

from __future__ import annotations

import json
from typing import Any

from cloudevents import conversion, kafka
from cloudevents.http import CloudEvent, from_http
from hypothesis import given
from hypothesis import strategies as st

from local_dev.wire.cloud_event import Event
from local_dev.wire.event_request import TraceContext, event_request
from local_dev.wire.sink_record import sink_record
from local_dev.wire.structured_event import read_structured

PLAIN = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='"%'),
    min_size=1,
    max_size=20,
)
EXTENSIONS = st.dictionaries(st.from_regex(r"x[a-z0-9]{1,18}", fullmatch=True), PLAIN, max_size=4)
JSON = st.dictionaries(
    st.text(max_size=4),
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=4),
    max_size=3,
)


@st.composite
def events(draw: st.DrawFn) -> CloudEvent:
    attributes = {
        "id": draw(PLAIN),
        "source": "/devices/d-1",
        "type": "t",
        "time": "2026-01-31T12:00:00Z",
        "partitionkey": draw(PLAIN),
        "datacontenttype": "application/json",
        **draw(EXTENSIONS),
    }
    return CloudEvent(attributes, draw(JSON))


def attributes_of(event: CloudEvent) -> dict[str, str]:
    return {n: str(v) for n, v in event.get_attributes().items() if n != "datacontenttype"}


@given(events())
def test_a_structured_event_is_read_as_the_sdk_wrote_it(event: CloudEvent) -> None:
    _, body = conversion.to_structured(event)

    read = read_structured(body)

    assert read.attributes == attributes_of(event)
    assert read.content_type == "application/json"
    assert json.loads(read.data) == event.get_data()


@given(events())
def test_a_kafka_sink_makes_the_record_that_the_sdk_makes(event: CloudEvent) -> None:
    headers, body = conversion.to_binary(event)
    message = kafka.to_binary(event, data_marshaller=lambda _: body)

    record = sink_record(((n.encode(), str(v).encode()) for n, v in headers.items()), body)

    assert record.key == str(message.key).encode()
    assert record.value == message.value
    key = {"ce_partitionkey": record.key}  # the SDK leaves out what became the key, Java does not
    assert dict(record.headers) == message.headers | key


@given(events())
def test_a_request_is_read_by_the_sdk_as_the_event_that_it_carries(event: CloudEvent) -> None:
    data = json.dumps(event.get_data()).encode()
    ours = Event(attributes_of(event), "application/json", data)

    request = event_request(ours, "ns", TraceContext())

    lines = request.headers.decode("ascii").split("\r\n")
    headers: dict[str, Any] = dict(line.split(": ", 1) for line in lines if line)
    assert from_http(headers, request.body) == event
