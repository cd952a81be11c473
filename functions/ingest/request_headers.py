"""What a request's headers ask for: media type, Idempotency-Key and Prefer; pure."""

import re
from http import HTTPStatus
from typing import Final

from shared.outcomes import PermanentError, Reason
from shared.serving.http import HttpRequest, HttpResponse, problem

_JSON: Final = "application/json"
_KEY: Final = re.compile(r"[A-Za-z0-9._:-]{1,120}", re.ASCII)


def media_type_problem(request: HttpRequest) -> HttpResponse | None:
    """Return a 415 for a body that is not plain JSON; a missing Content-Type is taken for JSON."""
    coding = request.header(b"content-encoding")
    if coding is not None and coding.strip().lower() != "identity":
        return problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "the body must not be compressed",
            [("accept-encoding", "identity")],  # RFC 9110, 15.5.16
        )
    media_type = request.header(b"content-type")
    if media_type is None or media_type.partition(";")[0].strip().lower() == _JSON:
        return None
    return problem(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        f"send JSON, with the header Content-Type: {_JSON}",
        [("accept", _JSON)],
    )


def idempotency_key(request: HttpRequest) -> str | None:
    """Return the Idempotency-Key, with or without a structured field's quotes; None without one.

    Raise PermanentError where it is not 1-120 of letters, digits and `._:-`.
    """
    given = request.header(b"idempotency-key")
    if given is None:
        return None
    key = given.strip().removeprefix('"').removesuffix('"')
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
