"""A login by an issuer that is under way: what the browser keeps of it meanwhile; pure.

RFC 9700 (2.1) and OpenID Connect: `state` tells that the response belongs to a login of this
browser, `nonce` that the ID token does, `code_verifier` (RFC 7636) that the code does. The cookie
is sent with the issuer's redirect, so it is SameSite=Lax; by its `__Host-` no other host sets it.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from functions.dashboard.access.session_cookie import is_loopback

SECURE: Final = "__Host-login"
ON_LOOPBACK: Final = "login-on-loopback"
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
        return _cookie(f"{self.state}.{self.nonce}.{self.code_verifier}", host, LASTS_S)

    @classmethod
    def of(cls, cookies: Mapping[str, str], host: str) -> Self | None:
        """Return the one that a browser keeps, None where it keeps none."""
        parts = cookies.get(_name_for(host), "").split(".")
        return cls(*parts) if len(parts) == _PARTS and all(parts) else None

    def is_of(self, state: str) -> bool:
        """Return whether a response with that state is of this login."""
        return secrets.compare_digest(self.state.encode(), state.encode())

    def made(self, nonce: object) -> bool:
        """Return whether an ID token with that nonce was made for this login."""
        return isinstance(nonce, str) and secrets.compare_digest(
            self.nonce.encode(), nonce.encode()
        )


def cookie_that_ends(host: str) -> str:
    """Return the Set-Cookie by which a browser forgets a login."""
    return _cookie("", host, 0)


def _cookie(value: str, host: str, age_s: int) -> str:
    name = _name_for(host)
    secure = "; Secure" if name == SECURE else ""
    return f"{name}={value}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Lax{secure}"


def _name_for(host: str) -> str:
    return ON_LOOPBACK if is_loopback(host) else SECURE
