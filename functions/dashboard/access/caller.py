"""Who calls the dashboard, and whether the route is for it: what every route depends on."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final, Protocol

from fastapi import Depends, Request

from functions.dashboard.access.route_scopes import Without, need_of
from functions.dashboard.access.session_cookie import token_of
from shared.auth.credential import token_in
from shared.auth.principal import Principal
from shared.auth.refusal import NotTrusted
from shared.auth.scopes import Scope, with_implied
from shared.outcomes import TemporaryError
from shared.serving.access import forbidden, unauthenticated
from shared.serving.function import Resource
from shared.serving.http import HttpResponse, problem, temporary_error_response

_READING: Final = ("GET", "HEAD", "OPTIONS")
_LONGEST_NAME: Final = 128
_KEPT: Final = "dashboard.caller"  # in the request's scope


class Verifier(Resource, Protocol):
    """What tells who calls; it raises NotTrusted or TemporaryError."""

    async def principal_of(self, token: str | None) -> Principal: ...


class Denied(Exception):  # noqa: N818 - an outcome, not a fault of ours
    """The request is not for this caller; `response` says so."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__(response.status)
        self.response = response


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls; `name` is None where nothing proves it: the dashboard is open, or the route is."""

    name: str | None
    scopes: frozenset[Scope]


EVERYBODY: Final = Caller(None, with_implied([Scope.ADMIN]))
_NOBODY: Final = Caller(None, frozenset())


async def admit(request: Request) -> Caller:
    """Return who calls. Raise Denied where the route is not for it; open is for everybody."""
    known = request.scope.get(_KEPT)
    if known is None:
        known = request.scope[_KEPT] = await _admitted(request)
    assert isinstance(known, Caller)
    return known


async def proven(request: Request) -> Principal:
    """Return who calls by Authorization or, in a browser, the cookie. Raise Denied."""
    token = token_in(request.headers.get("authorization"))
    if token is None:
        token = token_of(request.cookies, request.headers.get("host", ""))
        if token is not None:
            _refuse_what_a_foreign_page_sends(request)
    return await proven_by(request, token)


async def proven_by(request: Request, token: str | None) -> Principal:
    """Return whom a token proves. Raise Denied: 401, or 503 where that cannot be known now."""
    try:
        verifier: Verifier = request.app.state.verifier
        return await verifier.principal_of(token)
    except NotTrusted:
        raise Denied(unauthenticated()) from None
    except TemporaryError as outcome:
        raise Denied(temporary_error_response(outcome)) from None


async def _admitted(request: Request) -> Caller:
    if request.app.state.verifier is None:
        return EVERYBODY
    need = need_of(request.method, request.scope["route"].path)
    if need is Without.CREDENTIAL:
        return _NOBODY
    principal = await proven(request)
    if need is None:
        raise Denied(problem(HTTPStatus.FORBIDDEN, "no scope gives access to this route"))
    if isinstance(need, Scope) and not principal.may(need):
        raise Denied(forbidden(need))
    return Caller(_name_of(principal), principal.scopes)


def _name_of(principal: Principal) -> str:
    """Return a name for people and records: bounded, and without control characters."""
    name = principal.subject or f"{principal.issuer}:{principal.token_id}"
    return "".join(sign for sign in name if sign.isprintable())[:_LONGEST_NAME]


def _refuse_what_a_foreign_page_sends(request: Request) -> None:
    """Raise Denied for a change by a cookie that the browser does not say is of our own page.

    SameSite=Strict keeps the cookie from other sites already; this is for browsers without it, and
    for other hosts of the same site.
    """
    if request.method in _READING or request.headers.get("sec-fetch-site") == "same-origin":
        return
    host = request.headers.get("origin", "").partition("://")[2]
    if not host or host.lower() != request.headers.get("host", "").lower():
        detail = "a page of another origin may not do this by the cookie of this one"
        raise Denied(problem(HTTPStatus.FORBIDDEN, detail))


CallerOfRequest = Annotated[Caller, Depends(admit)]
