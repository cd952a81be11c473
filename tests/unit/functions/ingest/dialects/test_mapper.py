"""Readings in JSON of any shape, by a mapping."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.ingest.dialects.dialect import DialectOptions
from functions.ingest.dialects.mapping import found_at, mappings_in
from tests.support.asgi_client import Seen
from tests.support.ingest_device import Device
from tests.support.readings import QUICK

TTN: dict[str, Any] = {
    "end_device_ids": {
        "device_id": "lht65-1",
        "application_ids": {"application_id": "garden"},
        "dev_eui": "A84041000181C061",
        "dev_addr": "00BCB929",
    },
    "correlation_ids": ["as:up:01E0WZGT6Y7657CPFPE5WEYDSQ"],
    "received_at": "2026-01-31T11:59:00.123456789Z",
    "uplink_message": {
        "session_key_id": "AXBSH1Pk6Z0G166rrlx=",
        "f_port": 2,
        "f_cnt": 23817,
        "frm_payload": "Dy4IyAHMAQmcBP8=",
        "decoded_payload": {
            "temperature": 21.5,
            "humidity": 40,
            "battery": {"v": 3.1},
            "door": True,
            "mode": "T",
        },
        "rx_metadata": [{"gateway_ids": {"gateway_id": "gtw1"}, "rssi": -35, "snr": 5.2}],
        "settings": {"data_rate": {"lora": {"bandwidth": 125000, "spreading_factor": 7}}},
        "received_at": "2026-01-31T11:58:59.9Z",
        "locations": {"user": {"latitude": 52.5, "longitude": 13.25, "source": "SOURCE_REGISTRY"}},
    },
}
CHIRPSTACK: dict[str, Any] = {
    "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
    "time": "2026-01-31T11:59:00.123456+00:00",
    "deviceInfo": {
        "tenantName": "ChirpStack",
        "applicationName": "garden",
        "deviceName": "door",
        "devEui": "0101010101010101",
        "tags": {"key": "value"},
    },
    "devAddr": "00189440",
    "dr": 1,
    "fPort": 1,
    "data": "qg==",
    "object": {"temperatureSensor": {"1": 25.0}, "temperature": -3},
    "rxInfo": [{"gatewayId": "0016c001f153a14c", "rssi": -48, "snr": 9.0}],
}
TELEGRAF = {
    "metrics": [
        {
            "fields": {"idle": 97, "s": "x"},
            "name": "cpu",
            "tags": {"host": "a"},
            "timestamp": 1769860740,
        },
        {
            "fields": {"free": 5},
            "name": "mem",
            "tags": {"host": "b", "device_id": "c"},
            "timestamp": 1769860740,
        },
    ]
}


def mapped(content: Any, path: str, device: Device | None = None) -> Seen:
    return (device or Device()).posts(content, path=path)


def stored(content: Any, path: str, device: Device | None = None) -> list[dict[str, Any]]:
    """Return what is queued, without ids."""
    device = device or Device()
    mapped(content, path, device)
    return [{k: v for k, v in one.items() if k != "reading_id"} for one in device.queued]


def with_mapping(mapping: Mapping[str, Any]) -> Device:
    mappings = mappings_in(json.dumps({"mappings": {"x": mapping}}).encode())
    return Device(DialectOptions(mappings=lambda: mappings))


def test_an_uplink_of_ttn_is_a_reading() -> None:
    assert stored(TTN, "/ingest/ttn") == [
        {
            "device_id": "lht65-1",
            "ts": "2026-01-31T11:59:00.123456Z",
            "temperature_c": 21.5,
            "humidity": 40.0,
            "lat": 52.5,
            "lon": 13.25,
            "measurements": {"battery_v": 3.1, "door": 1.0},
        }
    ]


def test_numbers_in_an_array_are_named_by_their_places() -> None:
    uplink = TTN["uplink_message"] | {"decoded_payload": {"probes": [20, {"c": 21}]}}

    (one,) = stored(TTN | {"uplink_message": uplink}, "/ingest/ttn")

    assert one["measurements"] == {"probes_0": 20.0, "probes_1_c": 21.0}


def test_an_uplink_of_chirpstack_is_a_reading() -> None:
    assert stored(CHIRPSTACK, "/ingest/chirpstack?event=up") == [
        {
            "device_id": "0101010101010101",
            "ts": "2026-01-31T11:59:00.123456Z",
            "temperature_c": -3.0,
            "measurements": {"temperatureSensor_1": 25.0},
        }
    ]


def test_a_metric_of_telegraf_s_json_is_a_reading() -> None:
    assert stored(TELEGRAF, "/ingest/telegraf") == [
        {"device_id": "a", "ts": "2026-01-31T11:59:00Z", "measurements": {"idle": 97.0}},
        {"device_id": "c", "ts": "2026-01-31T11:59:00Z", "measurements": {"free": 5.0}},
    ]


@pytest.mark.parametrize(
    ("content", "path"),
    [
        (TTN | {"uplink_message": {"f_port": 2}}, "/ingest/ttn"),
        ({"end_device_ids": {"device_id": "a"}, "join_accept": {}}, "/ingest/ttn"),
        (CHIRPSTACK, "/ingest/chirpstack?event=status"),
        (CHIRPSTACK, "/ingest/chirpstack"),
        ({"deviceInfo": {}, "batteryLevel": 50}, "/ingest/chirpstack?event=up"),
    ],
)
def test_another_event_is_taken_and_nothing_is_stored(content: Any, path: str) -> None:
    device = Device()

    seen = mapped(content, path, device)

    assert (seen.status, device.queued) == (202, [])
    assert (seen.json()["accepted"], seen.json()["unsupported"]) == (0, 1)


def test_a_retry_of_a_webhook_is_the_same_reading() -> None:
    device = Device()

    mapped(TTN, "/ingest/ttn", device)
    mapped(TTN, "/ingest/ttn", device)

    assert len({one["reading_id"] for one in device.queued}) == 1


def test_a_message_is_answered_as_a_posted_reading_and_an_array_as_a_batch() -> None:
    assert "reading_id" in mapped(TTN, "/ingest/ttn").json()
    assert mapped(TELEGRAF, "/ingest/telegraf").json()["accepted"] == 2


def test_a_bad_message_of_several_takes_no_good_one_with_it() -> None:
    bad = {"fields": {"v": 1}, "tags": {"host": "no spaces"}, "timestamp": 1769860740}
    content = {"metrics": [*TELEGRAF["metrics"], bad, 5, {"tags": {"host": "a"}}]}

    seen = mapped(content, "/ingest/telegraf")

    assert (seen.status, seen.json()["accepted"]) == (207, 2)
    assert [(one["index"], one["field"]) for one in seen.json()["errors"]] == [
        *((2, "device_id"), (3, "device_id"), (4, "temperature_c")),
    ]


def test_a_device_that_is_not_where_the_mapping_says_is_told_with_the_place() -> None:
    seen = mapped({"metrics": [{"fields": {}, "tags": {}}]}, "/ingest/telegraf")

    assert seen.status == 422
    assert (
        "is not in the message at /tags/device_id or /tags/device or /tags/host"
        in (seen.json()["errors"][0]["detail"])
    )


FIXED = {
    "device": "/id",
    "id": "/seq",
    "time": "/t",
    "lat": "/pos/0",
    "lon": "/pos/1",
    "values": {"temperature_c": ["/T", "/Temp"], "co2_ppm": "/gas~1co2"},
}


@pytest.mark.parametrize(
    ("content", "values"),
    [
        ({"T": 21.5}, {"temperature_c": 21.5}),
        ({"T": None, "Temp": "21.5"}, {"temperature_c": 21.5}),
        (
            {"T": " -1e1 ", "gas/co2": True},
            {"temperature_c": -10.0, "measurements": {"co2_ppm": 1}},
        ),
        ({"T": 1, "pos": [52, 13]}, {"temperature_c": 1.0, "lat": 52.0, "lon": 13.0}),
    ],
)
def test_values_are_where_the_mapping_says(content: Any, values: Any) -> None:
    message = {"id": 17, "seq": 4, "t": 1769860740_000, **content}

    assert stored(message, "/ingest/x", with_mapping(FIXED)) == [
        {"device_id": "17", "client_id": "4", "ts": "2026-01-31T11:59:00Z", **values}
    ]


@pytest.mark.parametrize("value", ["warm", [], {}, "1e999", "0x10", ""])
def test_what_is_no_number_is_refused_by_its_field(value: Any) -> None:
    seen = mapped({"id": "a", "T": value}, "/ingest/x", with_mapping(FIXED))

    assert (seen.status, seen.json()["field"]) == (422, "temperature_c")


def test_two_values_of_one_sensor_are_refused() -> None:
    seen = mapped(
        {"id": "a", "v": {"a-b": 1, "a.b": 2}},
        "/ingest/x",
        with_mapping({"device": "/id", "all_values": "/v"}),
    )

    assert (seen.status, seen.json()["field"]) == (422, "a_b")


def test_numbers_are_looked_for_six_levels_deep() -> None:
    deep: Any = 1
    for _ in range(7):
        deep = {"a": deep}

    seen = mapped(
        {"id": "a", "v": {"b": deep, "c": 1}},
        "/ingest/x",
        with_mapping({"device": "/id", "all_values": "/v"}),
    )

    assert seen.status == 202


def test_another_mapping_is_a_404_that_names_those_there_are() -> None:
    seen = mapped({}, "/ingest/unknown")

    assert seen.status == 404
    assert "there are: chirpstack, telegraf, ttn" in seen.json()["detail"]


def test_messages_come_by_post() -> None:
    assert Device().sends("GET", "/ingest/ttn", []).status == 405


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 1_000])
def test_what_is_no_json_is_a_400(body: bytes) -> None:
    assert mapped(body, "/ingest/ttn").status == 400


MEMBERS = ["device_id", "end_device_ids", "uplink_message", "decoded_payload", "a"]
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(MEMBERS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@QUICK
@given(JSON_VALUES)
def test_no_message_whatsoever_is_a_fault_of_ours(content: Any) -> None:
    assert mapped(content, "/ingest/ttn").status in {202, 422}


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("", {"a": [1, {"b/c": 2, "~": 3}], "": 4, "n": None}),
        ("/a/0", 1),
        ("/a/1/b~1c", 2),
        ("/a/1/~0", 3),
        ("/", 4),
        ("/a/2", None),
        ("/a/-", None),
        ("/a/01", None),
        ("/a/0/x", None),
        ("/n", None),
        ("/x", None),
    ],
)
def test_a_pointer_leads_where_its_rfc_says(pointer: str, found: Any) -> None:
    content = {"a": [1, {"b/c": 2, "~": 3}], "": 4, "n": None}
    file = {"mappings": {"x": {"device": pointer, "all_values": "/v"}}}
    (mapping,) = mappings_in(json.dumps(file).encode()).values()

    assert found_at(content, mapping.device) == found


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (b"{", "the file is not JSON: EOF while parsing an object at line 1 column 1"),
        (b"[]", "Input should be"),
        (b'{"mappings": {"x": {"device": "id", "all_values": "/v"}}}', "device.0: must be a JSON"),
        (b'{"mappings": {"x": {"device": "/~2", "all_values": "/v"}}}', "~ is written ~0"),
        (b'{"mappings": {"x": {"device": [], "all_values": "/v"}}}', "mappings.x.device: "),
        (b'{"mappings": {"x": {"device": "/id"}}}', "mappings.x: give values or all_values"),
        (b'{"mappings": {"x": {"device": "/id", "value": {}}}}', "mappings.x.value: Extra inputs"),
        (b'{"mappings": {"X!": {"device": "/id", "all_values": "/v"}}}', "mappings.X!"),
        (b'{"mappings": {"x": {"device": "/i", "values": {"a b": "/v"}}}}', "values.a b"),
    ],
)
def test_a_file_that_is_wrong_is_told_where(file: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        mappings_in(file)
