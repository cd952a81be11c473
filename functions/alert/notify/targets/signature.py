"""Signatures of Standard Webhooks: HMAC-SHA256 over id, time and body; pure.

Source: the specification of Standard Webhooks, 1.0, "Signature scheme".
"""

import base64
import binascii
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Final

_PREFIX: Final = "whsec_"
_LEAST, _MOST = 24, 64  # bytes of a secret, by the specification


def key_of(secret: str) -> bytes:
    """Return the key of a secret, `whsec_` and Base64 of 24 to 64 bytes; raise ValueError."""
    if not secret.startswith(_PREFIX):
        raise ValueError(f"must begin with {_PREFIX}")
    text = secret.removeprefix(_PREFIX).rstrip("=")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise ValueError(f"must be {_PREFIX} and Base64") from None
    if not _LEAST <= len(key) <= _MOST:
        raise ValueError(f"must hold {_LEAST} to {_MOST} bytes, in Base64")
    return key


def signed_headers(
    message_id: str, at: datetime, body: bytes, keys: Sequence[bytes]
) -> list[tuple[str, str]]:
    """Return the three headers; one signature for each key, so that a receiver may change keys.

    `at` is the time of the attempt: a receiver refuses what is over five minutes old.
    """
    seconds = str(int(at.timestamp()))
    signed = b".".join([message_id.encode(), seconds.encode(), body])
    signatures = (base64.b64encode(hmac.digest(key, signed, "sha256")).decode() for key in keys)
    return [
        ("webhook-id", message_id),
        ("webhook-timestamp", seconds),
        ("webhook-signature", " ".join(f"v1,{signature}" for signature in signatures)),
    ]
