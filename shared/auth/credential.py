"""Where a request carries its token, and what a token says before it is verified; pure.

In Authorization it is Bearer, Token or Basic.
"""

import base64
import binascii
import json
import re
from typing import Final

_TOKEN: Final = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*", re.ASCII)  # RFC 7515, 3.1: `{"`
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


def is_token(text: str) -> bool:
    """Return whether a text has the form of a token."""
    return _TOKEN.fullmatch(text) is not None


def sole_device_in(token: str) -> str | None:
    """Return the one device that a token says it is for; None where it says none, or several.

    Nothing is verified here: whoever uses it holds the readings to what a verifier says.
    """
    payload = token.split(".")[1]
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    devices = claims.get("dev") if isinstance(claims, dict) else None
    if isinstance(devices, list):
        devices = devices[0] if len(devices) == 1 else None
    return devices if isinstance(devices, str) and "*" not in devices else None


def _password_in(encoded: str) -> str | None:
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    return text.partition(":")[2] or None
