"""Metrics of OpenTelemetry, in protobuf and in JSON."""

import gzip
import json
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from google.rpc.status_pb2 import Status
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)

from functions.ingest.dialects.dialect import DialectOptions
from functions.ingest.dialects.otlp import MAX_BYTES
from shared import metrics
from tests.support.asgi_client import Seen
from tests.support.ingest_device import Device
from tests.support.readings import QUICK

PROTOBUF = ("content-type", "application/x-protobuf")
JSON = ("content-type", "application/json")
NS = 1769860740_000_000_000
TS = "2026-01-31T11:59:00Z"


def attribute(name: str, text: str) -> dict[str, Any]:
    return {"key": name, "value": {"stringValue": text}}


def point(value: Any = 21.5, *attributes: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"timeUnixNano": str(NS), "asDouble": value, "attributes": list(attributes), **changes}


def gauge(name: str, *points: dict[str, Any], unit: str = "") -> dict[str, Any]:
    return {"name": name, "unit": unit, "gauge": {"dataPoints": list(points)}}


def exported(*sent: dict[str, Any], resource: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Return an export of these metrics, of the device `g-1`."""
    attributes = [attribute("device.id", "g-1")] if resource is None else resource
    scopes = [{"metrics": list(sent)}]
    return {"resourceMetrics": [{"resource": {"attributes": attributes}, "scopeMetrics": scopes}]}


def in_json(content: Any, device: Device | None = None) -> Seen:
    body = json.dumps(content).encode()
    return (device or Device()).sends("POST", "/v1/metrics", [JSON], body)


def in_protobuf(content: dict[str, Any], device: Device | None = None) -> Seen:
    body = ParseDict(content, ExportMetricsServiceRequest()).SerializeToString()
    return (device or Device()).sends("POST", "/v1/metrics", [PROTOBUF], body)


def stored(content: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what is queued, without ids."""
    device = Device()
    assert in_json(content, device).status == 200
    return [{k: v for k, v in one.items() if k != "reading_id"} for one in device.queued]


def test_a_point_is_the_same_reading_in_both_encodings() -> None:
    device = Device()
    content = exported(gauge("temperature", point(), unit="Cel"))

    plain, binary = in_json(content, device), in_protobuf(content, device)

    assert (plain.status, plain.json()) == (200, {})
    assert (binary.status, binary.body) == (200, b"")
    assert [one["temperature_c"] for one in device.queued] == [21.5, 21.5]
    assert len({one["reading_id"] for one in device.queued}) == 1


@pytest.mark.parametrize(
    ("name", "unit", "values"),
    [
        ("temperature", "Cel", {"temperature_c": 21.5}),
        ("temperature_c", "", {"temperature_c": 21.5}),
        ("temperature", "K", {"measurements": {"temperature": 21.5}}),
        ("humidity", "%", {"humidity": 21.5}),
        ("relative.humidity", "%", {"humidity": 21.5}),
        ("humidity", "1", {"measurements": {"humidity_ratio": 21.5}}),
        ("system.cpu.load_average.1m", "", {"measurements": {"system_cpu_load_average_1m": 21.5}}),
    ],
)
def test_a_sensor_is_named_by_metric_and_unit(name: str, unit: str, values: dict[str, Any]) -> None:
    assert stored(exported(gauge(name, point(), unit=unit))) == [
        {"device_id": "g-1", "ts": TS, **values}
    ]


def test_attributes_of_a_point_are_part_of_the_sensor_s_name() -> None:
    idle = point(1.0, attribute("state", "idle"), attribute("cpu", "0"))
    user = point(2.0, attribute("cpu", "0"), attribute("state", "user"))

    readings = stored(exported(gauge("cpu.time", idle, user)))

    assert [one["measurements"] for one in readings] == [
        {"cpu_time_0_idle": 1.0},
        {"cpu_time_0_user": 2.0},
    ]


@pytest.mark.parametrize(
    ("of_resource", "of_point", "device"),
    [
        ([("device.id", "a"), ("host.name", "b")], [], "a"),
        ([("service.name", "a"), ("host.name", "b")], [], "b"),
        ([("service.name", "a")], [], "a"),
        ([("service.name", "a")], [("device_id", "c")], "c"),
        ([("device.id", "a")], [("device.id", "c")], "c"),
    ],
)
def test_the_first_attribute_of_the_setting_names_the_device(
    of_resource: list[tuple[str, str]], of_point: list[tuple[str, str]], device: str
) -> None:
    sent = point(1.0, *(attribute(*one) for one in of_point))
    content = exported(gauge("m", sent), resource=[attribute(*one) for one in of_resource])

    (reading,) = stored(content)

    assert (reading["device_id"], reading["measurements"]) == (device, {"m": 1.0})


@pytest.mark.parametrize(
    ("value", "device"),
    [({"intValue": "17"}, "17"), ({"boolValue": True}, "True"), ({"doubleValue": 1.5}, "1.5")],
)
def test_a_device_may_be_named_by_another_plain_value(value: Any, device: str) -> None:
    content = exported(gauge("m", point()), resource=[{"key": "device.id", "value": value}])

    assert stored(content)[0]["device_id"] == device


@pytest.mark.parametrize("value", [{}, {"arrayValue": {"values": []}}, {"bytesValue": "AA=="}])
def test_a_device_that_is_no_plain_value_is_refused(value: Any) -> None:
    content = exported(gauge("m", point()), resource=[{"key": "device.id", "value": value}])

    assert in_json(content).status == 400


def test_a_sum_is_stored_as_it_stands() -> None:
    whole = {"timeUnixNano": str(NS), "asInt": "9007199254740993"}
    counter = {"name": "n", "sum": {"isMonotonic": True, "dataPoints": [whole]}}

    assert stored(exported(counter))[0]["measurements"] == {"n": 9007199254740992.0}


def test_a_point_without_a_time_gets_that_of_its_receipt() -> None:
    assert stored(exported(gauge("m", point(timeUnixNano="0"))))[0]["ts_assigned"]


def test_a_batch_that_is_cut_in_another_way_gives_no_reading_twice() -> None:
    device = Device()
    one, two = gauge("m", point(1.0)), gauge("n", point(2.0))

    in_json(exported(one, two), device)
    in_json(exported(one), device)
    in_json(exported(two), device)

    assert len({reading["reading_id"] for reading in device.queued}) == 2


HISTOGRAM = {"name": "h", "histogram": {"dataPoints": [{"timeUnixNano": str(NS)}] * 2}}
SUMMARY = {"name": "s", "summary": {"dataPoints": [{"timeUnixNano": str(NS)}]}}


@pytest.mark.parametrize(
    ("unsupported", "count"),
    [
        (HISTOGRAM, 2),
        (SUMMARY, 1),
        ({"name": "e", "exponentialHistogram": {"dataPoints": [{}]}}, 1),
        (gauge("m", point(flags=1)), 1),
        (gauge("m", {"timeUnixNano": str(NS)}), 1),
    ],
)
def test_what_has_no_number_is_told_in_a_200_and_counted(
    unsupported: dict[str, Any], count: int
) -> None:
    device = Device()
    before = metrics.readings_rejected.labels("unsupported")._value.get()
    content = exported(gauge("m", point()), unsupported)

    seen, alone = in_json(content, device), in_json(exported(unsupported))

    assert (seen.status, alone.status, len(device.queued)) == (200, 200, 1)
    assert seen.json() == {
        "partialSuccess": {
            "rejectedDataPoints": str(count),
            "errorMessage": "histograms, summaries and points without a value are not stored",
        }
    }
    assert metrics.readings_rejected.labels("unsupported")._value.get() == before + 2 * count


def test_a_metric_without_points_is_nothing() -> None:
    assert in_json(exported({"name": "m"})).json() == {}
    assert in_json({}).json() == {}


def test_good_points_are_stored_whatever_stands_beside_them() -> None:
    device = Device()
    content = exported(gauge("m", point(), point(timeUnixNano="5")))

    plain, binary = in_json(content, device), in_protobuf(content)

    assert (plain.status, binary.status, len(device.queued)) == (200, 200, 1)
    told = ExportMetricsServiceResponse.FromString(binary.body).partial_success
    assert told.rejected_data_points == 1
    assert told.error_message == plain.json()["partialSuccess"]["errorMessage"]
    assert told.error_message.startswith("point 1: ts is before 2000-01-01T00:00:00.000Z")


BAD = [
    (exported(gauge("m", point()), resource=[]), "point 0: device_id is named by none of"),
    (exported(gauge("m", point("NaN"))), "point 0: measurements.m must be a finite number"),
    (exported(gauge("m" * 65, point())), "point 0: measurements.mmm"),
    (exported(gauge("m", point(timeUnixNano=str(2**64 - 1)))), "point 0: ts is more than 5"),
]


@pytest.mark.parametrize(("content", "message"), BAD)
def test_points_without_a_good_one_are_a_400_with_a_status(
    content: dict[str, Any], message: str
) -> None:
    plain, binary = in_json(content), in_protobuf(content)

    assert (plain.status, binary.status) == (400, 400)
    assert (plain.headers["content-type"], binary.headers["content-type"]) == (JSON[1], PROTOBUF[1])
    status = Status.FromString(binary.body)
    assert (status.code, status.message) == (3, plain.json()["message"])
    assert status.message.startswith(message)


@pytest.mark.parametrize("size", [1, 60, 200])
def test_a_status_of_any_length_can_be_read(size: int) -> None:
    device = Device(DialectOptions(device_attributes=["x" * size]))

    seen = in_protobuf(exported(gauge("m", point())), device)

    assert Status.FromString(seen.body).message.endswith(" " + "x" * size)


def test_without_the_broker_a_sender_is_told_to_try_again() -> None:
    device = Device()
    device.broker.broker_is_away = True

    seen = in_protobuf(exported(gauge("m", point())), device)

    assert (seen.status, seen.headers["retry-after"]) == (503, "2")
    assert seen.headers["content-type"] == PROTOBUF[1]
    assert Status.FromString(seen.body).code == 14


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (PROTOBUF, b"\xff"),
        (PROTOBUF, b"{}"),
        (JSON, b"{"),
        (JSON, b"[]"),
        (JSON, b"5"),
        (JSON, b'{"resourceMetrics": 5}'),
        (JSON, b'{"resourceMetrics": [{"resource": {"attributes": [{"key": 5}]}}]}'),
        (JSON, b"[" * 1_000),
    ],
)
def test_what_is_no_export_is_a_400_in_its_encoding(header: tuple[str, str], body: bytes) -> None:
    seen = Device().sends("POST", "/v1/metrics", [header], body)

    assert (seen.status, seen.headers["content-type"]) == (400, header[1])


def test_a_body_that_would_grow_in_memory_is_a_413() -> None:
    body = gzip.compress(b"".join(b"%07d" % number for number in range(MAX_BYTES // 7 + 1)))

    seen = Device().sends("POST", "/v1/metrics", [PROTOBUF, ("content-encoding", "gzip")], body)

    assert seen.status == 413
    assert f"at most {MAX_BYTES} bytes when decoded" in Status.FromString(seen.body).message


def test_a_body_may_be_compressed() -> None:
    device = Device()
    body = gzip.compress(json.dumps(exported(gauge("m", point()))).encode())

    seen = device.sends("POST", "/v1/metrics", [JSON, ("content-encoding", "gzip")], body)

    assert (seen.status, len(device.queued)) == (200, 1)


@pytest.mark.parametrize("header", [[], [("content-type", "text/plain")]])
def test_another_media_type_is_a_415(header: list[tuple[str, str]]) -> None:
    seen = Device().sends("POST", "/v1/metrics", header, b"{}")

    assert (seen.status, seen.headers["accept"]) == (
        415,
        "application/x-protobuf, application/json",
    )


def test_metrics_come_by_post() -> None:
    assert Device().sends("GET", "/v1/metrics", [PROTOBUF]).status == 405


MEMBERS = [
    *("resourceMetrics", "resource", "attributes", "scopeMetrics", "metrics", "gauge", "sum"),
    *("dataPoints", "asDouble", "asInt", "key", "value", "stringValue", "timeUnixNano", "name"),
]
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=4)
    ),
    max_leaves=12,
)


@QUICK
@given(JSON_VALUES, st.sampled_from(MEMBERS))
def test_no_json_whatsoever_is_a_fault_of_ours(content: Any, name: str) -> None:
    assert in_json(content).status in {200, 400}
    assert in_json(exported(gauge("m", point(**{name: content})))).status in {200, 400}
    assert in_json(exported(gauge("m", point()) | {name: content})).status in {200, 400}


@QUICK
@given(st.binary(max_size=60))
def test_no_bytes_whatsoever_are_a_fault_of_ours(body: bytes) -> None:
    assert Device().sends("POST", "/v1/metrics", [PROTOBUF], body).status in {200, 400}
