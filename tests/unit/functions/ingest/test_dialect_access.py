"""In whatever a sender speaks, it posts for its own devices, and nothing without a credential."""

from pathlib import Path

import pytest

from functions.ingest.gate import Gate
from functions.ingest.rate_limits import RateLimits
from shared.auth.verifier import Verifier
from tests.support.asgi_client import Seen
from tests.support.credentials import T0, SigningKey, auth_folder
from tests.support.dialect_requests import DIALECTS, Request
from tests.support.ingest_device import Device

KEY = SigningKey("k1")
MINE, OTHER = "greenhouse-1", "greenhouse-2"


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
    path, own, body = DIALECTS["influx 1"](MINE)

    assert sent(device, (f"{path}?u=any&p={token(MINE)}", own, body)).status == 204
    assert sent(device, (f"{path}?u=any&p=none", own, body)).status == 401
    assert sent(device, (f"{path}?{'a=1&' * 30}p={token(MINE)}", own, body)).status == 401


def test_firmware_for_thingsboard_has_its_token_in_the_path(device: Device) -> None:
    _, own, body = DIALECTS["thingsboard"]("")

    assert sent(device, (f"/api/v1/{token(MINE)}/telemetry", own, body)).status == 200

    assert [one["device_id"] for one in device.queued] == [MINE]


@pytest.mark.parametrize("devices", [(MINE, OTHER), ("greenhouse-*",), ()])
def test_a_token_in_a_path_is_of_one_device(device: Device, devices: tuple[str, ...]) -> None:
    _, own, body = DIALECTS["thingsboard"]("")

    seen = sent(device, (f"/api/v1/{token(*devices)}/telemetry", own, body))

    assert seen.status in (400, 401, 403)
    assert device.queued == []


@pytest.mark.parametrize("path", ["eyJ.e.", "eyJh.bm9uZQ.x", "eyJh.W10.x", "eyJh.!!!!.x"])
def test_what_only_looks_like_a_token_is_none(device: Device, path: str) -> None:
    seen = sent(device, (f"/api/v1/{path}/telemetry", [], b'{"x": 1}'))

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
