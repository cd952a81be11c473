"""The cookie by which a browser carries its token; pure."""

from collections.abc import Mapping
from typing import Final

from functions.dashboard.access.host_cookie import HostCookie

SESSION: Final = HostCookie("session", "Strict")
MAX_VALUE: Final = 4_000  # browsers drop a cookie whose name and value are over 4,096 bytes
LONGEST_S: Final = 8 * 3_600


def token_of(cookies: Mapping[str, str], host: str) -> str | None:
    """Return the token of a request's cookies; `host` is its header of that name."""
    return SESSION.value_in(cookies, host)


def cookie_with(token: str, host: str, lifetime_s: float) -> str:
    """Return the Set-Cookie of a session that lasts so long, and 8 hours at most."""
    return SESSION.that_has(token, host, int(min(lifetime_s, LONGEST_S)))


def cookie_that_ends(host: str) -> str:
    """Return the Set-Cookie by which a browser forgets the session."""
    return SESSION.that_ends(host)
