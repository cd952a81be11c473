"""A request with one reading in each dialect of ingest."""

import json
from collections.abc import Callable
from typing import Final

Headers = list[tuple[str, str]]
Request = tuple[str, Headers, bytes]
TS = "2026-01-31T11:59:00Z"
MS = 1769860740000
EVENT = {"specversion": "1.0", "id": "1", "source": "/s", "type": "reading"}


def _json(content: object) -> bytes:
    return json.dumps(content).encode()


def _plain(device: str) -> Request:
    return "/ingest", [], _json({"device_id": device, "ts": TS, "temperature_c": 20})


def _ndjson(device: str) -> Request:
    path, _, body = _plain(device)
    return path, [("content-type", "application/x-ndjson")], body + b"\n"


def _influx_1(device: str) -> Request:
    return "/write", [], f"m,device_id={device} x=1 {MS}000000".encode()


def _influx_2(device: str) -> Request:
    return "/api/v2/write", [], _influx_1(device)[2]


def _mapped(device: str) -> Request:
    uplink = {"f_port": 1, "decoded_payload": {"x": 1}, "received_at": TS}
    message = {"end_device_ids": {"device_id": device}, "uplink_message": uplink}
    return "/ingest/ttn", [("content-type", "application/json")], _json(message)


def _event(device: str) -> Request:
    headers = [(f"ce-{name}", value) for name, value in EVENT.items()]
    return "/ingest", [*headers, ("content-type", "application/json")], _plain(device)[2]


def _structured(device: str) -> Request:
    data = {"device_id": device, "ts": TS, "temperature_c": 20}
    content = EVENT | {"datacontenttype": "application/json", "data": data}
    return "/ingest", [("content-type", "application/cloudevents+json")], _json(content)


def _batch(device: str) -> Request:
    content = json.loads(_structured(device)[2])
    return "/ingest", [("content-type", "application/cloudevents-batch+json")], _json([content])


def _otlp(device: str) -> Request:
    point = {"timeUnixNano": str(MS * 1_000_000), "asDouble": 1}
    metric = {"name": "x", "gauge": {"dataPoints": [point]}}
    attribute = {"key": "device.id", "value": {"stringValue": device}}
    resource = {
        "resource": {"attributes": [attribute]},
        "scopeMetrics": [{"metrics": [metric]}],
    }
    content = {"resourceMetrics": [resource]}
    return "/v1/metrics", [("content-type", "application/json")], _json(content)


def _thingsboard(device: str) -> Request:
    return f"/api/v1/{device}/telemetry", [], _json({"ts": MS, "values": {"x": 1}})


def _senml(device: str) -> Request:
    body = _json([{"bn": f"{device}:", "bt": MS / 1000, "n": "x", "v": 1}])
    return "/ingest", [("content-type", "application/senml+json")], body


DIALECTS: Final[dict[str, Callable[[str], Request]]] = {
    "plain": _plain,
    "ndjson": _ndjson,
    "influx 1": _influx_1,
    "influx 2": _influx_2,
    "mapper": _mapped,
    "event": _event,
    "structured event": _structured,
    "batch of events": _batch,
    "otlp": _otlp,
    "thingsboard": _thingsboard,
    "senml": _senml,
}
