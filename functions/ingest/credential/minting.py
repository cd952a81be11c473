"""What a minted token says; pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from functions.ingest.credential.key_folder import ISSUER
from shared.auth.devices import is_pattern
from shared.auth.scopes import Scope


def claims_for(
    devices: Sequence[str],
    scopes: Sequence[Scope],
    subject: str,
    lifetime: timedelta,
    now: datetime,
    token_id: str,
) -> dict[str, Any]:
    """Return the claims of a token for these devices.

    Raise ValueError, with a sentence, for what is no device, and for a token that can do nothing.
    """
    for pattern in devices:
        if not is_pattern(pattern):
            raise ValueError(f"{pattern!r} is no device id, nor a beginning of ids with *")
    if Scope.INGEST in scopes and not devices:
        raise ValueError("a token to post readings needs --devices")
    if "*" in devices and Scope.ADMIN not in scopes:
        raise ValueError("all devices (*) only with the scope admin; give the beginning of ids")
    claims = {
        "iss": ISSUER,
        "aud": ISSUER,
        "sub": subject,
        "jti": token_id,
        "iat": int(now.timestamp()),
        "exp": int((now + lifetime).timestamp()),
        "scope": " ".join(scopes),
    }
    return claims | ({"dev": list(devices)} if devices else {})
