"""Issuers, their keys and tokens, as tests need them: right ones, and wrong ones of every kind."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as elliptic
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as rsa
from jwt.algorithms import get_default_algorithms

ALGORITHMS: Final = ("EdDSA", "ES256", "HS256", "RS256")
T0: Final = 1_790_000_000.0  # seconds: the "now" of these tests
HOUR: Final = 3600
ISSUER: Final = "iot-telemetry"
AUDIENCE: Final = "iot-telemetry"


class SigningKey:
    """A key that signs, and its public form as an entry of a key set."""

    def __init__(self, key_id: str, algorithm: str = "EdDSA") -> None:
        self.key_id = key_id
        self.algorithm = algorithm
        self.private: Any = _private_key(algorithm)

    @property
    def entry(self) -> dict[str, Any]:
        """The entry of a key set; of HS256 the secret itself."""
        rules = get_default_algorithms()[self.algorithm]
        public = self.private if isinstance(self.private, bytes) else self.private.public_key()
        return {
            **rules.to_jwk(public, as_dict=True),
            "kid": self.key_id,
            "alg": self.algorithm,
        }

    def token(self, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
        """Return a token: good for an hour from T0 for this audience, but for what is given.

        A claim that is given as None is left out.
        """
        given = {"typ": "JWT", "alg": self.algorithm, "kid": self.key_id, **(header or {})}
        text = unsigned({name: v for name, v in given.items() if v is not None}, **claims)[:-1]
        signature = get_default_algorithms()[self.algorithm].sign(text.encode(), self.private)
        return f"{text}.{base64url(signature)}"


def claims_of(**claims: Any) -> dict[str, Any]:
    usual = {"iss": ISSUER, "aud": AUDIENCE, "exp": T0 + HOUR, "iat": T0, "jti": "t-1"}
    return {name: value for name, value in {**usual, **claims}.items() if value is not None}


def unsigned(header: Mapping[str, Any], signature: bytes = b"", **claims: Any) -> str:
    """Return a token with any header and any signature."""
    parts = [json.dumps(part).encode() for part in (header, claims_of(**claims))]
    return ".".join(base64url(part) for part in [*parts, signature])


def signed_with_public_key(key: SigningKey) -> str:
    """Return a token by which a public key is to be taken for the secret of HS256."""
    text = unsigned({"alg": "HS256", "kid": key.key_id, "typ": "JWT"}).removesuffix(".")
    secret = base64.urlsafe_b64decode(key.entry["x"] + "=")
    return f"{text}.{base64url(hmac.digest(secret, text.encode(), hashlib.sha256))}"


def base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def key_set(*keys: SigningKey) -> str:
    return json.dumps({"keys": [key.entry for key in keys]})


def auth_folder(folder: Path, issuers: list[dict[str, Any]], revoked: str = "") -> Path:
    """Write the files of these issuers; their `keys` are SigningKeys. Return the first file."""
    written = []
    for issuer in issuers:
        entry = dict(issuer)
        if "keys" in entry:
            name = f"{entry['name']}.jwks"
            (folder / name).write_text(key_set(*entry["keys"]))
            entry["keys"] = name
        written.append({"issuer": ISSUER, "audience": AUDIENCE, **entry})
    (folder / "revoked.txt").write_text(revoked)
    file = folder / "auth.yaml"
    file.write_text(json.dumps({"issuers": written, "revoked": "revoked.txt"}))  # JSON is YAML
    return file


@cache  # an RSA key takes 100 ms
def _rsa() -> Any:
    return rsa(65537, 2048)


def _private_key(algorithm: str) -> Any:
    if algorithm == "EdDSA":
        return Ed25519PrivateKey.generate()
    if algorithm == "ES256":
        return elliptic(SECP256R1())
    return _rsa() if algorithm == "RS256" else hashlib.sha256(algorithm.encode()).digest()
