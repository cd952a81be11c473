"""Issuers, devices, paths and scopes in all combinations: no reading across devices, ever."""

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.ingest.gate import Gate
from shared.auth.devices import Devices
from shared.auth.verifier import Verifier
from tests.support.credentials import ALGORITHMS, T0, SigningKey, auth_folder
from tests.support.ingest_device import Device
from tests.support.readings import posted

KEYS = {algorithm: SigningKey(f"k-{algorithm}", algorithm) for algorithm in ALGORITHMS}
CLAIMS = {
    "one": ["greenhouse-1"],
    "some": ["greenhouse-*", "barn"],
    "none": [],
    "all": ["*"],  # the issuers of this file do not give it, and no token here is an admin's
}
DEVICES = ["greenhouse-1", "greenhouse-2", "barn", "barn-1", "greenhouse", "*"]
ALLOWED = {
    ("one", "greenhouse-1"),
    ("some", "greenhouse-1"),
    ("some", "greenhouse-2"),
    ("some", "barn"),
}
PATHS = ["/ingest", "/v1/ingest", "/"]
SCOPES = ["ingest", "read", "events", "ingest read", ""]
CASES = list(product(ALGORITHMS, CLAIMS, DEVICES, PATHS, SCOPES))


@pytest.fixture(scope="module")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Verifier:
    folder: Path = tmp_path_factory.mktemp("auth")
    issuers = [
        {
            "name": algorithm.lower(),
            "issuer": f"issuer-{algorithm}",
            "keys": [key],
            "scopes": ["ingest", "read", "events"],
        }
        for algorithm, key in KEYS.items()
    ]
    return Verifier(auth_folder(folder, issuers), now=lambda: T0)


def token_of(algorithm: str, devices: list[str], scope: str = "ingest") -> str:
    return KEYS[algorithm].token(iss=f"issuer-{algorithm}", dev=devices, scope=scope)


def outcomes(verifier: Verifier, algorithm: str) -> dict[tuple[str, ...], tuple[int, int]]:
    """Return the status, and how many readings were queued, of each case of an issuer."""
    seen: dict[tuple[str, ...], tuple[int, int]] = {}
    for _, claim, device_id, path, scope in (one for one in CASES if one[0] == algorithm):
        device = Device(gate=Gate(verifier, None))
        token = token_of(algorithm, CLAIMS[claim], scope)
        header = ("authorization", f"Bearer {token}")
        response = device.posts(posted(device_id=device_id), header, path=path)
        seen[claim, device_id, path, scope] = (response.status, len(device.queued))
    return seen


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_reading_is_queued_where_issuer_device_and_scope_allow_it_and_nowhere_else(
    verifier: Verifier, algorithm: str
) -> None:
    seen = outcomes(verifier, algorithm)

    queued = {case for case, outcome in seen.items() if outcome == (202, 1)}
    refused = {case for case, (status, count) in seen.items() if status >= 400 and count == 0}
    assert queued == {
        case for case in seen if (case[0], case[1]) in ALLOWED and "ingest" in case[3].split()
    }
    assert queued | refused == set(seen)


@pytest.mark.parametrize(("signer", "issuer"), [*product(ALGORITHMS, ALGORITHMS)])
def test_no_issuer_signs_for_another(verifier: Verifier, signer: str, issuer: str) -> None:
    token = KEYS[signer].token(iss=f"issuer-{issuer}", dev=["greenhouse-1"], scope="ingest")
    device = Device(gate=Gate(verifier, None))

    seen = device.posts(posted(device_id="greenhouse-1"), ("authorization", f"Bearer {token}"))

    assert seen.status == (202 if signer == issuer else 401)


IDS = st.text("ab-", min_size=1, max_size=3)
PATTERNS = IDS | IDS.map(lambda text: f"{text}*")


@given(st.lists(PATTERNS, max_size=3), st.lists(IDS, min_size=1, max_size=6))
def test_of_any_batch_exactly_the_readings_of_the_callers_devices_are_queued(
    verifier: Verifier, patterns: list[str], devices: list[str]
) -> None:
    device = Device(gate=Gate(verifier, None))
    header = ("authorization", f"Bearer {token_of('HS256', patterns)}")

    device.posts([posted(device_id=one) for one in devices], header)

    mine = Devices(patterns)
    assert [one["device_id"] for one in device.queued] == [one for one in devices if one in mine]
