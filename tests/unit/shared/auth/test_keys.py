"""Which keys are trusted, each for one algorithm."""

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from jwt.algorithms import RSAAlgorithm

from shared.auth.issuers import AuthFileError
from shared.auth.keys import read_key_file, read_published_keys
from tests.support.credentials import ALGORITHMS, SigningKey, key_set

KEY = SigningKey("k1")
WEAK_RSA = {
    **RSAAlgorithm.to_jwk(generate_private_key(65537, 1024).public_key(), as_dict=True),
    "kid": "k1",
}


def set_of(**changes: Any) -> str:
    entry = {name: v for name, v in {**KEY.entry, **changes}.items() if v is not None}
    return json.dumps({"keys": [entry]})


def fault_of(text: str) -> str:
    with pytest.raises(AuthFileError) as wrong:
        read_key_file(text)
    return str(wrong.value)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_has_one_algorithm_by_its_kind(algorithm: str) -> None:
    entry = SigningKey("k1", algorithm).entry
    del entry["alg"]

    keys = read_key_file(json.dumps({"keys": [entry]}))

    assert [key.algorithm for key in keys.by_id.values()] == [algorithm]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "is no key set"),
        ("[]", "is no key set"),
        ('{"keys": {}}', "keys: must be a list of keys"),
        ('{"keys": [7]}', "keys: must be a list of keys"),
        ('{"keys": []}', "keys: there is none"),
        (set_of(kid=None), "keys.0.kid: is required"),
        (set_of(kid=""), "keys.0.kid: is required"),
        (set_of(kty="EC"), "keys.0: must be an Ed25519, P-256, RSA or oct key"),
        (set_of(crv="Ed448"), "keys.0: must be an Ed25519, P-256, RSA or oct key"),
        (set_of(alg="HS256"), "keys.0.alg: must be EdDSA for this key"),
        (set_of(x="!"), "keys.0: is no key of its kind"),
        (set_of(x=7), "keys.0: is no key of its kind"),
        (set_of(d="AA"), "keys.0: is a private key"),
        (key_set(KEY, KEY), "keys.1.kid: two keys have this id"),
        (json.dumps({"keys": [WEAK_RSA]}), "keys.0.n: must have at least 2048 bits"),
        (
            json.dumps(
                {"keys": [{"kty": "oct", "kid": "k1", "k": base64.b64encode(b"x").decode()}]}
            ),
            "keys.0.k: must have at least 32 bytes",
        ),
    ],
)
def test_a_key_that_is_not_to_be_trusted_is_named(text: str, fault: str) -> None:
    assert fault_of(text).startswith(fault)


def test_of_published_keys_only_those_for_signatures_count() -> None:
    encryption = {**SigningKey("k2", "RS256").entry, "use": "enc"}
    unknown = {"kty": "AKP", "kid": "k3", "alg": "ML-DSA-44"}
    secret = SigningKey("k4", "HS256").entry
    entries = [{**KEY.entry, "use": "sig"}, encryption, unknown, secret]

    keys = read_published_keys(json.dumps({"keys": entries}))

    assert set(keys.by_id) == {"k1"}


def test_published_keys_of_which_none_counts_are_none() -> None:
    with pytest.raises(AuthFileError, match="there is none for signatures"):
        read_published_keys(key_set(SigningKey("k4", "HS256")))
