"""Keys that sign, and the tokens that they make: for commands and logins, not for requests."""

from collections.abc import Mapping
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import get_default_algorithms

Entry = dict[str, Any]
ALGORITHMS: Final = ("EdDSA", "ES256", "HS256")
_PRIVATE: Final = ("d",)
_SECRET_BYTES: Final = 32


def new_signing_key(algorithm: str, key_id: str, secret: bytes) -> Entry:
    """Return a new key that signs, as an entry of a key set (RFC 7517).

    `secret` is 32 bytes of chance: the key itself of HS256, the seed of EdDSA.
    """
    assert len(secret) == _SECRET_BYTES
    made: Any = secret
    if algorithm == "EdDSA":
        made = Ed25519PrivateKey.from_private_bytes(secret)
    elif algorithm == "ES256":
        made = generate_private_key(SECP256R1())
    rules = get_default_algorithms()[algorithm]
    return {**rules.to_jwk(made, as_dict=True), "kid": key_id, "alg": algorithm}


def verifying_entry(entry: Entry) -> Entry:
    """Return what verifies: the public part; of HS256 the secret, which is both."""
    return {name: value for name, value in entry.items() if name not in (*_PRIVATE, "key_ops")}


def signed(claims: Mapping[str, Any], entry: Entry) -> str:
    """Return a token with these claims, signed by this key."""
    key = jwt.PyJWK(entry)
    return jwt.encode(dict(claims), key.key, entry["alg"], headers={"kid": entry["kid"]})
