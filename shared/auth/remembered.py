"""Tokens that were verified a moment ago, so that a chatty device pays for one signature; pure."""

import hashlib
from collections import OrderedDict
from typing import Final

from shared.auth.principal import Principal

MAX_REMEMBERED: Final = 4_096
REMEMBERED_S: Final = 30.0


class RememberedTokens:
    """The digests of tokens with whom they prove, the newest 4,096, for at most 30 seconds."""

    def __init__(self, most: int = MAX_REMEMBERED) -> None:
        self._most = most
        self._known: OrderedDict[bytes, tuple[Principal, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def find(self, token: str, now: float) -> Principal | None:
        """Return whom a token proved, if that was a moment ago."""
        digest = _digest_of(token)
        principal, until = self._known.get(digest, (None, 0.0))
        if principal is None:
            return None
        if now < until:
            self._known.move_to_end(digest)
            return principal
        del self._known[digest]
        return None

    def add(self, token: str, principal: Principal, now: float) -> None:
        """Remember a token until it expires, and for 30 seconds at most."""
        digest = _digest_of(token)
        self._known[digest] = (principal, min(now + REMEMBERED_S, principal.expires_at))
        self._known.move_to_end(digest)
        if len(self._known) > self._most:
            self._known.popitem(last=False)

    def forget(self) -> None:
        """Forget all: keys or revocations have changed."""
        self._known.clear()


def _digest_of(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
