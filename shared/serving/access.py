"""The responses to who may not: the same 401 for every credential that proves nothing."""

from http import HTTPStatus
from typing import Final

from shared.auth.scopes import Scope
from shared.serving.http import HttpResponse, problem

_CHALLENGE: Final = ("www-authenticate", 'Bearer realm="iot-telemetry"')  # RFC 6750, 3


def unauthenticated() -> HttpResponse:
    """Return a 401 that does not say whether a token is missing, unknown, wrong or revoked."""
    return problem(HTTPStatus.UNAUTHORIZED, "a valid credential is needed", [_CHALLENGE])


def forbidden(scope: Scope) -> HttpResponse:
    """Return a 403: the credential is good, and lacks a scope."""
    return problem(HTTPStatus.FORBIDDEN, f"the credential lacks the scope {scope}", scope=scope)
