"""Addresses that credentials or keys travel to or from; pure."""

from typing import Final
from urllib.parse import urlsplit

_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


def safe_url(url: str) -> str:
    """Return an address of TLS, or one of this machine. Raise ValueError for any other."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return url
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return url
    raise ValueError("must be an https:// address: whoever could change the answer could log in")
