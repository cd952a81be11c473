"""In whatever a sender speaks, it posts for its own devices, and nothing without a credential."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from functions.ingest.gate import Gate
from functions.ingest.rate_limits import RateLimits
from shared.auth.verifier import Verifier
from tests.support.asgi_client import Seen
from tests.support.credentials import T0, SigningKey, auth_folder
from tests.support.ingest_device import Device

Headers = list[tuple[str, str]]
Request = tuple[str, Headers, bytes]
KEY = SigningKey("k1")
MINE, OTHER = "greenhouse-1", "greenhouse-2"
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


DIALECTS: dict[str, Callable[[str], Request]] = {
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


@pytest.fixture
def device(tmp_path: Path) -> Device:
    issuer = {"name": "devices", "issuer": "devices", "keys": [KEY], "scopes": ["ingest"]}
    verifier = Verifier(auth_folder(tmp_path, [issuer]), now=lambda: T0)
    return Device(gate=Gate(verifier, None))


def token(*devices: str) -> str:
    return KEY.token(iss="devices", dev=list(devices), scope="ingest")


def sent(device: Device, request: Request, *headers: tuple[str, str]) -> Seen:
    path, own, body = request
    return device.sends("POST", path, [*own, *headers], body)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_device_posts_for_itself_in_every_dialect(device: Device, dialect: str) -> None:
    seen = sent(device, DIALECTS[dialect](MINE), ("authorization", f"Bearer {token(MINE)}"))

    assert seen.status < 300, seen.body
    assert [one["device_id"] for one in device.queued] == [MINE]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_nobody_posts_for_another_device_in_any_dialect(device: Device, dialect: str) -> None:
    seen = sent(device, DIALECTS[dialect](OTHER), ("authorization", f"Bearer {token(MINE)}"))

    assert seen.status == 403
    assert device.queued == []


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("credential", ["", "Bearer x.y.z", f"Token {'a' * 9000}", "Basic !"])
def test_without_a_credential_nothing_is_read_in_any_dialect(
    device: Device, dialect: str, credential: str
) -> None:
    path, own, _ = DIALECTS[dialect](MINE)

    seen = sent(device, (path, own, b"\x00 no form at all"), ("authorization", credential))

    assert seen.status == 401
    assert device.queued == []


def test_a_client_of_influx_1_has_its_token_in_the_query(device: Device) -> None:
    path, own, body = _influx_1(MINE)

    assert sent(device, (f"{path}?u=any&p={token(MINE)}", own, body)).status == 204
    assert sent(device, (f"{path}?u=any&p=none", own, body)).status == 401
    assert sent(device, (f"{path}?{'a=1&' * 30}p={token(MINE)}", own, body)).status == 401


def test_firmware_for_thingsboard_has_its_token_in_the_path(device: Device) -> None:
    _, own, body = _thingsboard("")

    assert sent(device, (f"/api/v1/{token(MINE)}/telemetry", own, body)).status == 200

    assert [one["device_id"] for one in device.queued] == [MINE]


@pytest.mark.parametrize("devices", [(MINE, OTHER), ("greenhouse-*",), ()])
def test_a_token_in_a_path_is_of_one_device(device: Device, devices: tuple[str, ...]) -> None:
    _, own, body = _thingsboard("")

    seen = sent(device, (f"/api/v1/{token(*devices)}/telemetry", own, body))

    assert seen.status in (400, 401, 403)
    assert device.queued == []


@pytest.mark.parametrize("path", ["eyJ.e.", "eyJh.bm9uZQ.x", "eyJh.W10.x", "eyJh.!!!!.x"])
def test_what_only_looks_like_a_token_is_none(device: Device, path: str) -> None:
    seen = sent(device, (f"/api/v1/{path}/telemetry", [], _json({"x": 1})))

    assert seen.status == 401


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_device_that_sends_too_much_is_told_when_to_go_on_in_every_dialect(dialect: str) -> None:
    device = Device(gate=Gate(None, RateLimits(1, 1), lambda: 0.0))
    request = DIALECTS[dialect](MINE)

    assert sent(device, request).status < 300
    again = sent(device, request)

    assert again.status == 429
    assert dict(again.headers)["retry-after"] == "1"
    assert len(device.queued) == 1
