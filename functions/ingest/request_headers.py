"""What a request's headers ask for: media type, Idempotency-Key and Prefer; pure."""

import re
from collections.abc import Mapping
from typing import Final

from shared.outcomes import PermanentError, Reason
from shared.serving.http import HttpRequest

_KEY: Final = re.compile(r"[A-Za-z0-9._:-]{1,120}", re.ASCII)


def first_values(request: HttpRequest) -> Mapping[bytes, bytes]:
    """Return the first value of each header (names in lower case)."""
    return dict(reversed([*request.headers]))


def media_type_of(headers: Mapping[bytes, bytes]) -> str | None:
    """Return the type and subtype of the body in lower case; None where none is given."""
    given = headers.get(b"content-type")
    return None if given is None else given.decode("latin-1").partition(";")[0].strip().lower()


def idempotency_key(headers: Mapping[bytes, bytes]) -> str | None:
    """Return the Idempotency-Key, with or without a structured field's quotes; None without one.

    Raise PermanentError where it is not 1-120 of letters, digits and `._:-`.
    """
    given = headers.get(b"idempotency-key")
    if given is None:
        return None
    key = given.decode("latin-1").strip().removeprefix('"').removesuffix('"')
    if not _KEY.fullmatch(key):
        raise PermanentError(
            Reason.INVALID, "must be 1-120 of letters, digits, ._:-", "Idempotency-Key"
        )
    return key


def is_all_or_nothing(request: HttpRequest) -> bool:
    """Return whether `Prefer: handling=strict` (RFC 7240, 4.4) has nothing queued if one is bad."""
    given = [value.decode("latin-1") for name, value in request.headers if name == b"prefer"]
    preferences = ",".join(given).lower().replace(" ", "").replace('"', "").split(",")
    return any(one.partition(";")[0] == "handling=strict" for one in preferences)
