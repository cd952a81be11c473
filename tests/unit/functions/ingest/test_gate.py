"""What ingest answers to whom: credentials, their devices, and limits."""

import asyncio
import base64
import logging
from pathlib import Path
from typing import Any

import pytest

from functions.ingest.function import IngestFunction
from functions.ingest.gate import Gate
from functions.ingest.rate_limits import RateLimits
from shared import metrics
from shared.auth.verifier import Verifier
from shared.serving.http import HttpRequest
from tests.support.asgi_client import Seen
from tests.support.credentials import T0, SigningKey, auth_folder, unsigned
from tests.support.ingest_device import BAD, Device
from tests.support.publisher import FakePublisher
from tests.support.readings import posted

KEY = SigningKey("k1")
GREENHOUSES = ["greenhouse-*"]
STRICT = ("prefer", "handling=strict")


def gate_on(folder: Path, *, revoked: str = "", scopes: tuple[str, ...] = ("ingest",)) -> Gate:
    issuer = {"name": "devices", "keys": [KEY], "scopes": [*scopes]}
    return Gate(Verifier(auth_folder(folder, [issuer], revoked), now=lambda: T0), None)


@pytest.fixture
def device(tmp_path: Path) -> Device:
    return Device(gate=gate_on(tmp_path))


def bearer(token: str) -> tuple[str, str]:
    return ("authorization", f"Bearer {token}")


MINE = bearer(KEY.token(dev=GREENHOUSES))


@pytest.mark.parametrize("scheme", ["Bearer", "Token"])
def test_a_device_with_a_token_is_let_in(device: Device, scheme: str) -> None:
    seen = device.posts(posted(), ("authorization", f"{scheme} {KEY.token(dev=GREENHOUSES)}"))

    assert (seen.status, len(device.queued)) == (202, 1)


def test_a_token_may_be_a_password(device: Device) -> None:
    pair = base64.b64encode(f"any:{KEY.token(dev=GREENHOUSES)}".encode()).decode()

    assert device.posts(posted(), ("authorization", f"Basic {pair}")).status == 202


WRONG = {
    "missing": [],
    "no token": [bearer("let-me-in")],
    "forged": [bearer(SigningKey("k1").token(dev=GREENHOUSES))],
    "unknown key": [bearer(SigningKey("k2").token(dev=GREENHOUSES))],
    "expired": [bearer(KEY.token(dev=GREENHOUSES, exp=T0 - 100))],
    "not yet valid": [bearer(KEY.token(dev=GREENHOUSES, nbf=T0 + 100))],
    "other audience": [bearer(KEY.token(dev=GREENHOUSES, aud="x"))],
    "no algorithm": [bearer(unsigned({"alg": "none", "kid": "k1"}, dev=GREENHOUSES))],
    "revoked": [bearer(KEY.token(dev=GREENHOUSES, jti="lost"))],
    "too long": [bearer(KEY.token(dev=GREENHOUSES, more="x" * 9_000))],
}


@pytest.mark.parametrize("headers", WRONG.values(), ids=WRONG)
def test_every_credential_that_proves_nothing_gets_the_same_response(
    tmp_path: Path, headers: list[tuple[str, str]]
) -> None:
    device = Device(gate=gate_on(tmp_path, revoked="lost"))

    seen = device.posts(posted(), *headers)

    assert seen.json() == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": "a valid credential is needed",
    }
    assert seen.headers["www-authenticate"] == 'Bearer realm="iot-telemetry"'
    assert device.queued == []


def test_a_credential_is_asked_for_before_the_body_is_read(device: Device) -> None:
    assert device.posts(b"{").status == 401
    assert device.posts(b"{", MINE).status == 400


def test_a_preflight_needs_no_credential(device: Device) -> None:
    assert device.sends("OPTIONS", "/ingest", []).status == 204


def test_a_token_without_the_scope_is_forbidden(tmp_path: Path) -> None:
    device = Device(gate=gate_on(tmp_path, scopes=("read",)))

    seen = device.posts(posted(), MINE)

    assert (seen.status, seen.json()["scope"]) == (403, "ingest")
    assert device.queued == []


def test_a_reading_of_another_device_is_forbidden(device: Device) -> None:
    before = metrics.readings_rejected.labels("not_allowed")._value.get()

    seen = device.posts(posted(device_id="barn"), MINE)

    assert (seen.status, device.queued) == (403, [])
    assert seen.json()["errors"] == [
        {
            "index": 0,
            "field": "device_id",
            "reason": "not_allowed",
            "detail": "is no device that this credential may post for",
        }
    ]
    assert metrics.readings_rejected.labels("not_allowed")._value.get() == before + 1


def test_of_a_batch_only_readings_of_the_callers_devices_are_queued(device: Device) -> None:
    batch = [posted(device_id="barn"), posted(**BAD), posted(), posted(device_id="shed")]

    seen = device.posts(batch, MINE)

    assert seen.status == 207
    assert [one["device_id"] for one in device.queued] == ["greenhouse-1"]
    assert [(one["index"], one["reason"]) for one in seen.json()["errors"]] == [
        (0, "not_allowed"),
        (1, "invalid"),
        (3, "not_allowed"),
    ]


def test_where_data_is_at_fault_too_it_is_no_matter_of_the_credential(device: Device) -> None:
    seen = device.posts([posted(device_id="barn"), posted(**BAD)], MINE)

    assert (seen.status, device.queued) == (422, [])


def test_all_or_nothing_counts_other_devices_too(device: Device) -> None:
    seen = device.posts([posted(device_id="barn"), posted()], MINE, STRICT)

    assert (seen.status, device.queued) == (403, [])


def test_without_the_keys_of_an_issuer_a_device_is_to_try_again(tmp_path: Path) -> None:
    """Never a 401: a device would take its token for a bad one."""
    issuer = {"name": "people", "jwks_url": "http://localhost:1/keys", "scopes": ["ingest"]}
    device = Device(gate=Gate(Verifier(auth_folder(tmp_path, [issuer]), now=lambda: T0), None))

    seen = device.posts(posted(), MINE)

    assert (seen.status, seen.headers["retry-after"]) == (503, "2")
    assert seen.json()["reason"] == "fetch_keys"


def test_no_token_is_logged_or_repeated(device: Device, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    tokens = [KEY.token(dev=GREENHOUSES), KEY.token(exp=1), "no-token-at-all"]

    seen = [device.posts(posted(device_id="barn"), bearer(token)) for token in tokens]

    told = caplog.text + "".join(str(one.json()) + str(one.headers) for one in seen)
    assert [token for token in tokens if token in told] == []


def test_a_token_that_stands_elsewhere_counts_where_authorization_has_none(
    tmp_path: Path,
) -> None:
    """Some dialects have it in the path or the query."""
    gate = gate_on(tmp_path)
    request = _request([])

    caller: Any = asyncio.run(gate.caller_of(request, KEY.token(sub="thing")))

    assert caller.subject == "thing"


def _request(headers: list[tuple[bytes, bytes]]) -> HttpRequest:
    return HttpRequest("POST", "/ingest", headers, b"")


# Limits.


class Clock:
    """A clock that stands until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def limited(rate: float = 1, burst: int = 2) -> tuple[Device, Clock]:
    clock = Clock()
    return Device(gate=Gate(None, RateLimits(rate, burst), clock)), clock


def statuses(device: Device, count: int) -> list[int]:
    return [device.posts(posted()).status for _ in range(count)]


def test_a_device_that_sends_too_much_is_told_when_to_go_on() -> None:
    device, clock = limited()

    before = statuses(device, 2)
    refused: Seen = device.posts(posted())
    clock.now = 1.0
    after = device.posts(posted())

    assert (before, refused.status, after.status) == ([202, 202], 429, 202)
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["ratelimit-policy"] == '"device";q=2;w=2'
    assert refused.headers["ratelimit"] == '"device";r=0;t=1'
    assert refused.json()["errors"][0]["reason"] == "rate_limited"
    assert len(device.queued) == 3


def test_another_device_is_not_held_back() -> None:
    device, _ = limited()
    statuses(device, 3)

    assert device.posts(posted(device_id="barn")).status == 202


def test_of_a_batch_only_readings_of_the_device_that_sent_too_much_are_refused() -> None:
    device, _ = limited()
    statuses(device, 2)

    seen = device.posts([posted(), posted(device_id="barn")])

    assert (seen.status, seen.headers["retry-after"]) == (207, "1")
    assert [one["reason"] for one in seen.json()["errors"]] == ["rate_limited"]
    assert device.queued[-1]["device_id"] == "barn"


def test_readings_are_counted_and_not_requests() -> None:
    device, _ = limited(rate=1, burst=10)

    first = device.posts([posted(ts=None, id=f"r{n}") for n in range(30)])
    second = device.posts(posted())

    assert (first.status, second.status, second.headers["retry-after"]) == (202, 429, "21")


def test_what_the_broker_did_not_take_does_not_count() -> None:
    device, _ = limited()
    device.broker.broker_is_away = True

    away = statuses(device, 5)
    device.broker.broker_is_away = False

    assert away == [503] * 5
    assert statuses(device, 3) == [202, 202, 429]


def test_all_or_nothing_is_tried_again_when_the_limit_allows() -> None:
    device, _ = limited()
    statuses(device, 2)

    seen = device.posts([posted(), posted(device_id="barn")], STRICT)

    assert (seen.status, seen.headers["retry-after"], len(device.queued)) == (429, "1", 2)
    assert device.posts([posted(device_id="barn")] * 2).status == 202


def test_readings_that_are_at_fault_do_not_count() -> None:
    device, _ = limited()

    [device.posts(posted(**BAD)) for _ in range(5)]

    assert statuses(device, 2) == [202, 202]


def test_the_verifier_lives_as_long_as_the_function(tmp_path: Path) -> None:
    gate = gate_on(tmp_path)
    function = IngestFunction(FakePublisher(), "telemetry.raw", gate=gate)

    async def lived() -> bool:
        await function.open()
        assert isinstance(gate._verifier, Verifier)
        watching = gate._verifier._watching
        await function.close()
        return watching is not None and watching.done()

    assert asyncio.run(lived())


def test_limits_alone_need_no_verifier() -> None:
    gate = Gate(None, RateLimits(1, 1))

    async def lived() -> Any:
        await gate.open()
        caller = await gate.caller_of(_request([]))
        await gate.close()
        return caller

    assert asyncio.run(lived()) is None
