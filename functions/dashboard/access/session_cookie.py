"""The cookie by which a browser carries its token; pure.

`__Host-` has a browser refuse it unless it is Secure, of this host alone, and for every path. It
does so on http://localhost too, where there is no TLS: there, and only there, the cookie has
another name and is not Secure. By that name nothing is read for any other host, so that nobody who
can set cookies for a domain can set one that counts.
"""

import re
from collections.abc import Mapping
from typing import Final

SECURE: Final = "__Host-session"
ON_LOOPBACK: Final = "session-on-loopback"
MAX_VALUE: Final = 4_000  # browsers drop a cookie whose name and value are over 4,096 bytes
LONGEST_S: Final = 8 * 3_600
_LOOPBACK: Final = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?", re.ASCII)


def token_of(cookies: Mapping[str, str], host: str) -> str | None:
    """Return the token of a request's cookies; `host` is its header of that name."""
    return cookies.get(_name_for(host))


def is_loopback(host: str) -> bool:
    """Return whether a header `host` names this machine, where browsers speak without TLS."""
    return _LOOPBACK.fullmatch(host.lower()) is not None


def cookie_with(token: str, host: str, lifetime_s: float) -> str:
    """Return the Set-Cookie of a session that lasts so long, and 8 hours at most."""
    return _cookie(token, host, int(min(lifetime_s, LONGEST_S)))


def cookie_that_ends(host: str) -> str:
    """Return the Set-Cookie by which a browser forgets the session."""
    return _cookie("", host, 0)


def _cookie(value: str, host: str, age_s: int) -> str:
    name = _name_for(host)
    secure = "; Secure" if name == SECURE else ""
    return f"{name}={value}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Strict{secure}"


def _name_for(host: str) -> str:
    return ON_LOOPBACK if is_loopback(host) else SECURE
