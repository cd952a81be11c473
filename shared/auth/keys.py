"""Key sets (RFC 7517): each key has one algorithm, whatever a token says; pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import Algorithm

from shared.auth.issuers import AuthFileError

_ALGORITHMS: Final = {  # of a key type and curve: what such a key may name, the usual one first
    ("OKP", "Ed25519"): ("EdDSA",),
    ("EC", "P-256"): ("ES256",),
    ("oct", None): ("HS256",),
    ("RSA", None): ("RS256", "PS256"),
}
_MIN_SECRET_BYTES: Final = 32  # RFC 7518, 3.2
_MIN_RSA_BITS: Final = 2048  # RFC 7518, 3.3


@dataclass(frozen=True, slots=True)
class Key:
    """A key that verifies, and the only algorithm by which it does."""

    key_id: str
    algorithm: str
    verifies_with: Any
    rules: Algorithm


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys of an issuer by their ids; several live at once."""

    by_id: Mapping[str, Key]

    def find(self, key_id: str | None) -> Key | None:
        """Return the key of this id. A token without an id is of the only key, or of none."""
        if key_id is not None:
            return self.by_id.get(key_id)
        return next(iter(self.by_id.values())) if len(self.by_id) == 1 else None


def read_key_file(text: str) -> KeySet:
    """Return the keys of a file. Raise AuthFileError for each one that is not to be trusted."""
    keys: dict[str, Key] = {}
    for index, entry in enumerate(_entries(text)):
        key = _key_of(entry, f"keys.{index}")
        if key.key_id in keys:
            raise AuthFileError(f"keys.{index}.kid: two keys have this id")
        keys[key.key_id] = key
    if not keys:
        raise AuthFileError("keys: there is none")
    return KeySet(keys)


def read_published_keys(text: str) -> KeySet:
    """Return the keys that an issuer publishes, as far as they are for signatures that we take.

    A secret is never one of them: it would not be secret. Raise AuthFileError without any.
    """
    keys: dict[str, Key] = {}
    for index, entry in enumerate(_entries(text)):
        if entry.get("use", "sig") != "sig" or entry.get("kty") == "oct":
            continue
        try:
            key = _key_of(entry, f"keys.{index}")
        except AuthFileError:
            continue
        keys[key.key_id] = key
    if not keys:
        raise AuthFileError("keys: there is none for signatures that we take")
    return KeySet(keys)


def _entries(text: str) -> Iterator[dict[str, Any]]:
    try:
        content = json.loads(text)
        entries = content["keys"]
    except (ValueError, LookupError, TypeError):
        raise AuthFileError('is no key set: it must be JSON, {"keys": [...]}') from None
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise AuthFileError("keys: must be a list of keys")
    yield from entries


def _key_of(entry: Mapping[str, Any], where: str) -> Key:
    key_id = entry.get("kid")
    if not isinstance(key_id, str) or not key_id:
        raise AuthFileError(f"{where}.kid: is required")
    allowed = _ALGORITHMS.get((str(entry.get("kty")), entry.get("crv")))
    if allowed is None:
        raise AuthFileError(f"{where}: must be an Ed25519, P-256, RSA or oct key")
    algorithm = entry.get("alg", allowed[0])
    if algorithm not in allowed:
        raise AuthFileError(f"{where}.alg: must be {' or '.join(allowed)} for this key")
    if entry["kty"] != "oct" and "d" in entry:
        raise AuthFileError(f"{where}: is a private key; only public ones belong here")
    try:
        made = jwt.PyJWK({**entry, "alg": algorithm})
    except (jwt.PyJWTError, ValueError, TypeError):
        raise AuthFileError(f"{where}: is no key of its kind") from None
    _refuse_weak(made.key, where)
    return Key(key_id, algorithm, made.key, made.Algorithm)


def _refuse_weak(key: object, where: str) -> None:
    if isinstance(key, bytes) and len(key) < _MIN_SECRET_BYTES:
        raise AuthFileError(f"{where}.k: must have at least {_MIN_SECRET_BYTES} bytes")
    if isinstance(key, RSAPublicKey) and key.key_size < _MIN_RSA_BITS:
        raise AuthFileError(f"{where}.n: must have at least {_MIN_RSA_BITS} bits")
