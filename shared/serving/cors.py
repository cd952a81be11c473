"""Cross-origin requests: the headers by which a browser lets pages of other origins read us; pure.

The Fetch standard's CORS protocol. Off without origins; never for any origin, never credentials.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_MAX_AGE_S: Final = "600"  # a browser repeats its preflight after this
Headers = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class CorsPolicy:
    """Which pages may do what: `origins` exactly as browsers send them (CORS_ORIGINS).

    `methods` are those that a page may use, `request_headers` those that it may send and
    `response_headers` those that it may read, beside the ones that the standard always allows.
    """

    origins: frozenset[str]
    methods: tuple[str, ...]
    request_headers: tuple[str, ...] = ()
    response_headers: tuple[str, ...] = ()


def cors_headers(policy: CorsPolicy, method: str, headers: Headers) -> list[tuple[str, str]]:
    """Return what the response to a request with these `headers` (lower case) carries for CORS.

    Empty without origins. A page of another origin gets a response that its browser withholds.
    """
    if not policy.origins:
        return []
    given = _values_of(headers)
    added = [("vary", "origin")]  # caches: the same URL differs by origin
    origins = given.get(b"origin", [])
    if len(origins) != 1 or origins[0] not in policy.origins:
        return added
    added.append(("access-control-allow-origin", origins[0]))
    if method == "OPTIONS" and b"access-control-request-method" in given:
        return added + _preflight_headers(policy)
    if policy.response_headers:
        added.append(("access-control-expose-headers", ", ".join(policy.response_headers)))
    return added


def _preflight_headers(policy: CorsPolicy) -> list[tuple[str, str]]:
    added = [
        ("access-control-allow-methods", ", ".join(policy.methods)),
        ("access-control-max-age", _MAX_AGE_S),
    ]
    if policy.request_headers:
        added.append(("access-control-allow-headers", ", ".join(policy.request_headers)))
    return added


def _values_of(headers: Headers) -> dict[bytes, list[str]]:
    values: dict[bytes, list[str]] = {}
    for name, value in headers:
        values.setdefault(name, []).append(value.decode("latin-1"))
    return values
