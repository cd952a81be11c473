"""Readings that come as CloudEvents."""

import base64
import json
from typing import Any

import pytest
from cloudevents.conversion import to_binary, to_structured
from cloudevents.http import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from tests.support.asgi_client import Seen
from tests.support.ingest_device import Device
from tests.support.readings import QUICK, posted

ATTRIBUTES = {
    "specversion": "1.0",
    "type": "com.example.reading",
    "source": "/gateways/7",
    "id": "4711",
    "time": "2026-01-31T11:59:00Z",
    "subject": "greenhouse-1",
}
DATA = {"temperature_c": 21.5}
STRUCTURED = ("content-type", "application/cloudevents+json; charset=utf-8")
BATCH = ("content-type", "application/cloudevents-batch+json")
JSON = ("content-type", "application/json")


def event(data: Any = DATA, **changes: Any) -> dict[str, Any]:
    """Return an event in the JSON format; a None takes an attribute away."""
    plain = {**ATTRIBUTES, "data": data, **changes}
    return {name: value for name, value in plain.items() if value is not None}


def structured(content: Any, device: Device | None = None) -> Seen:
    return (device or Device()).sends("POST", "/", [STRUCTURED], json.dumps(content).encode())


def batch(content: Any, device: Device | None = None) -> Seen:
    return (device or Device()).sends("POST", "/", [BATCH], json.dumps(content).encode())


def binary(
    data: Any = DATA,
    device: Device | None = None,
    content_type: str | None = JSON[1],
    **changes: Any,
) -> Seen:
    attributes = {**ATTRIBUTES, **changes}
    headers = [(f"ce-{name}", value) for name, value in attributes.items() if value is not None]
    headers += [] if content_type is None else [("content-type", content_type)]
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return (device or Device()).sends("POST", "/ingest", headers, body)


def test_an_event_is_the_same_reading_in_each_mode() -> None:
    device = Device()
    made = CloudEvent(ATTRIBUTES, DATA)

    for headers, body in (to_binary(made), to_structured(made)):
        device.sends("POST", "/", list(headers.items()), body)
    batch([event()], device)

    assert len(device.queued) == 3
    assert len({one["reading_id"] for one in device.queued}) == 1


@pytest.mark.parametrize("send", [binary, lambda: structured(event())])
def test_a_taken_event_is_a_202_without_a_body(send: Any) -> None:
    """A Broker takes any other body for a failure, and delivers the event again."""
    seen = send()

    assert (seen.status, seen.body) == (202, b"")


def test_subject_and_time_stand_in_for_device_and_ts() -> None:
    device = Device()

    binary(DATA, device)

    (reading,) = device.queued
    assert (reading["device_id"], reading["ts"]) == ("greenhouse-1", "2026-01-31T11:59:00Z")


def test_what_the_data_says_goes_before_subject_and_time() -> None:
    device = Device()

    binary(posted(device_id="other", ts="2026-01-31T11:58:00Z"), device)

    (reading,) = device.queued
    assert (reading["device_id"], reading["ts"]) == ("other", "2026-01-31T11:58:00Z")


def test_source_and_id_are_the_identity_and_not_an_id_in_the_data() -> None:
    device = Device()

    binary(posted(id="a"), device)
    binary(posted(id="b"), device)
    binary(posted(), device, id="4712")
    binary(posted(), device, source="/gateways/8")

    assert [one["client_id"] == device.queued[0]["client_id"] for one in device.queued] == [
        *(True, True, False, False),
    ]


def test_source_and_id_are_not_run_together() -> None:
    device = Device()

    binary(DATA, device, source="/a", id="bc")
    binary(DATA, device, source="/ab", id="c")

    assert len({one["client_id"] for one in device.queued}) == 2


def test_an_event_without_a_time_is_recognised_when_it_comes_again() -> None:
    device = Device()

    binary(DATA, device, time=None)
    structured(event(time=None), device)

    first, again = device.queued
    assert first["ts_assigned"]
    assert first["reading_id"] == again["reading_id"]


def test_an_event_may_have_several_readings_and_each_has_its_place() -> None:
    device = Device()

    seen = binary([DATA, DATA], device)

    assert (seen.status, seen.body) == (202, b"")
    assert [one["client_id"][-2:] for one in device.queued] == [":0", ":1"]


def test_an_event_is_taken_whole_or_not_at_all() -> None:
    device = Device()

    seen = binary([DATA, {"temperature_c": "warm"}], device)

    assert (seen.status, device.queued) == (422, [])
    assert [one["index"] for one in seen.json()["errors"]] == [1]


def test_a_bad_event_of_a_batch_takes_no_good_one_with_it() -> None:
    device = Device()

    seen = batch([event(), event({"temperature_c": "warm"}), event(id="4712")], device)

    assert (seen.status, len(device.queued)) == (207, 2)
    assert [one["index"] for one in seen.json()["errors"]] == [1]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": None}, "id"),
        ({"id": ""}, "id"),
        ({"id": 4711}, "id"),
        ({"source": None}, "source"),
        ({"type": None}, "type"),
        ({"specversion": None}, "specversion"),
        ({"specversion": "2.0"}, ""),
        ({"data": None}, "data"),
        ({"data": []}, "data"),
        ({"data": "no json"}, "data"),
        ({"data": 5}, ""),
        ({"data_base64": "!"}, ""),
        ({"data_base64": 5}, ""),
        ({"data_base64": "e30x"}, "data"),
        ({"datacontenttype": "application/xml"}, "datacontenttype"),
        ({"subject": "no spaces"}, "device_id"),
        ({"subject": None}, "device_id"),
        ({"time": "yesterday"}, "ts"),
    ],
)
def test_what_is_no_event_with_a_reading_is_a_422_that_names_the_part(
    changes: dict[str, Any], field: str
) -> None:
    content = {**event(), **changes}
    content = {name: value for name, value in content.items() if value is not None}

    seen = structured(content)

    assert (seen.status, seen.json()["field"]) == (422, field)
    assert batch([content]).json()["errors"][0]["field"] == field


@pytest.mark.parametrize("content", [[], {"a": 1}, 5])
def test_a_batch_is_an_array_of_events(content: Any) -> None:
    assert batch(content).status == (202 if content == [] else 400)


def test_data_may_be_in_base64() -> None:
    device = Device()
    coded = base64.b64encode(json.dumps(DATA).encode()).decode()

    structured(event(None, data_base64=coded), device)
    structured(event(), device)

    assert device.queued[0] == device.queued[1]


def test_data_may_be_json_in_text() -> None:
    assert structured(event(json.dumps(DATA))).status == 202


@pytest.mark.parametrize("missing", ["id", "source", "type"])
@pytest.mark.parametrize("value", [None, ""])
def test_a_binary_event_without_an_attribute_is_a_400_that_names_its_header(
    missing: str, value: str | None
) -> None:
    changes: dict[str, Any] = {missing: value}

    seen = binary(DATA, **changes)

    assert (seen.status, seen.json()["detail"]) == (400, f"the header ce-{missing} is missing")


def test_another_version_is_a_400() -> None:
    assert binary(specversion="2.0").status == 400


@pytest.mark.parametrize(
    "content_type", [None, "", "application/json", "application/vnd.x+json", "text/json"]
)
def test_the_data_of_a_binary_event_is_json(content_type: str | None) -> None:
    assert binary(content_type=content_type).status == 202


@pytest.mark.parametrize("content_type", ["application/xml", "text/plain", "application/x-ndjson"])
def test_other_data_is_refused_by_its_type(content_type: str) -> None:
    assert binary(content_type=content_type).json()["field"] == "datacontenttype"


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 1_000])
def test_data_that_is_no_json_is_a_422(body: bytes) -> None:
    assert binary(body).status == 422


def test_our_own_events_are_no_posted_readings() -> None:
    """Else a loop of the cluster's wiring would go round for ever."""
    seen = binary([{**posted(), "reading_id": "0" * 44}], type="iot.telemetry.readings.v1")

    assert seen.json()["errors"][0]["reason"] == "unknown_field"


def test_events_come_by_post() -> None:
    assert Device().sends("GET", "/", [STRUCTURED]).status == 405


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*ATTRIBUTES, "data", "data_base64"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@QUICK
@given(JSON_VALUES, st.sampled_from([*ATTRIBUTES, "data", "data_base64", "datacontenttype"]))
def test_no_event_whatsoever_is_a_fault_of_ours(content: Any, name: str) -> None:
    assert structured(content).status in {202, 422}
    assert structured(event() | {name: content}).status in {202, 422}
    assert batch([content, event() | {name: content}]).status in {202, 207, 422}
