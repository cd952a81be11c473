"""Where a request carries its token: Authorization as Bearer, Token or Basic; pure."""

import base64
import binascii
from typing import Final

_SCHEMES: Final = ("bearer", "token")  # RFC 6750; InfluxDB's clients


def token_in(authorization: str | None) -> str | None:
    """Return the token of an Authorization header; None without one, or of another scheme.

    Basic carries it as the password, under any name: for clients that can send nothing else.
    """
    if authorization is None:
        return None
    scheme, _, given = authorization.strip().partition(" ")
    given = given.strip()
    if scheme.lower() in _SCHEMES:
        return given or None
    return _password_in(given) if scheme.lower() == "basic" else None


def _password_in(encoded: str) -> str | None:
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    return text.partition(":")[2] or None
