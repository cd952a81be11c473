"""Cookies of one host alone; pure.

`__Host-` has a browser refuse a cookie unless it is Secure, of this host alone, and for every path.
It does so on http://localhost too, where there is no TLS: there, and only there, the cookie has
another name and is not Secure. By that name nothing is read for any other host, so that nobody who
can set cookies for a domain can set one that counts.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

_LOOPBACK: Final = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class HostCookie:
    """A cookie by its name; `host` is a request's header of that name.

    `Strict` keeps it from requests that another site begins, `Lax` from all but plain visits.
    """

    name: str
    same_site: Literal["Strict", "Lax"]

    @property
    def secure(self) -> str:
        """Its name where there is TLS."""
        return f"__Host-{self.name}"

    @property
    def on_loopback(self) -> str:
        """Its name where there is none."""
        return f"{self.name}-on-loopback"

    def value_in(self, cookies: Mapping[str, str], host: str) -> str | None:
        """Return its value among a request's cookies."""
        return cookies.get(self._name_for(host))

    def that_has(self, value: str, host: str, age_s: int) -> str:
        """Return the Set-Cookie that lasts so long."""
        name = self._name_for(host)
        secure = "; Secure" if name == self.secure else ""
        return (
            f"{name}={value}; Path=/; Max-Age={age_s}; HttpOnly; SameSite={self.same_site}{secure}"
        )

    def that_ends(self, host: str) -> str:
        """Return the Set-Cookie by which a browser forgets it."""
        return self.that_has("", host, 0)

    def _name_for(self, host: str) -> str:
        return self.on_loopback if _LOOPBACK.fullmatch(host.lower()) else self.secure
