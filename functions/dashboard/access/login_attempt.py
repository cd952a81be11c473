"""A login by an issuer that is under way: what the browser keeps of it meanwhile; pure.

RFC 9700 (2.1) and OpenID Connect: `state` tells that the response belongs to a login of this
browser, `nonce` that the ID token does, `code_verifier` (RFC 7636) that the code does. The cookie
is sent with the issuer's redirect, so it is SameSite=Lax.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from functions.dashboard.access.host_cookie import HostCookie

LOGIN: Final = HostCookie("login", "Lax")
LASTS_S: Final = 600  # to type a password, and a second factor
_PARTS: Final = 3


class NotLoggedIn(Exception):  # noqa: N818 - an outcome, not a fault of ours
    """The issuer, or the response that came in its name, proves nobody; the message is for them."""


def _random() -> str:
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class LoginAttempt:
    """Three values that nobody can guess."""

    state: str = field(default_factory=_random)
    nonce: str = field(default_factory=_random)
    code_verifier: str = field(default_factory=_random)

    def cookie(self, host: str) -> str:
        """Return the Set-Cookie by which a browser keeps it."""
        return LOGIN.that_has(f"{self.state}.{self.nonce}.{self.code_verifier}", host, LASTS_S)

    @classmethod
    def of(cls, cookies: Mapping[str, str], host: str) -> Self | None:
        """Return the one that a browser keeps, None where it keeps none."""
        parts = (LOGIN.value_in(cookies, host) or "").split(".")
        return cls(*parts) if len(parts) == _PARTS and all(parts) else None

    def is_of(self, state: str) -> bool:
        """Return whether a response with that state is of this login."""
        return _is_same(self.state, state)

    def made(self, nonce: object) -> bool:
        """Return whether an ID token with that nonce was made for this login."""
        return isinstance(nonce, str) and _is_same(self.nonce, nonce)


def cookie_that_ends(host: str) -> str:
    """Return the Set-Cookie by which a browser forgets a login."""
    return LOGIN.that_ends(host)


def _is_same(ours: str, theirs: str) -> bool:
    # JSON may hold halves of a character, which have no UTF-8
    return secrets.compare_digest(ours.encode(), theirs.encode(errors="replace"))
