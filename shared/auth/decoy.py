"""The work of a signature where there is none to verify: so that no refusal is faster."""

from collections.abc import Iterable
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import Algorithm, get_default_algorithms

_MESSAGE: Final = b"m" * 200  # as long as a token of a device


class Decoy:
    """A signature of our own, of the kind that most tokens have; it is verified and forgotten."""

    def __init__(self, algorithms: Iterable[str]) -> None:
        """Choose the first of the `algorithms` that can be imitated, else EdDSA."""
        kinds = {"EdDSA": Ed25519PrivateKey.generate, "ES256": _elliptic, "HS256": _secret}
        chosen = next((name for name in algorithms if name in kinds), "EdDSA")
        key: Any = kinds[chosen]()
        self._rules: Algorithm = get_default_algorithms()[chosen]
        self._signature = self._rules.sign(_MESSAGE, key)
        self._key = key if isinstance(key, bytes) else key.public_key()

    def verify(self) -> None:
        """Do the work once."""
        assert self._rules.verify(_MESSAGE, self._key, self._signature)


def _elliptic() -> object:
    return generate_private_key(SECP256R1())


def _secret() -> bytes:
    return b"s" * 32
