"""The routes by which a browser logs in at the team's issuer."""

import logging
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from functions.dashboard.access.login_attempt import LoginAttempt, NotLoggedIn, cookie_that_ends
from functions.dashboard.access.oidc import DONE, OidcLogin
from functions.dashboard.refusals import Refusal
from functions.dashboard.routes.session import TRY_AGAIN, form_with, logged_in
from functions.dashboard.schemas import problems
from shared.outcomes import TemporaryError

# Of the issuer's redirect a browser sends no SameSite=Strict cookie on, of a page of ours it does.
_ONWARDS: Final = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>IoT telemetry</title>'
    '<meta http-equiv="refresh" content="0; url=/"><p><a href="/">Go on</a></p></html>'
)
_NO_STORE: Final = {"cache-control": "no-store"}
_log = logging.getLogger(__name__)

router = APIRouter(responses=problems.ANY_ROUTE)


@router.get("/login/issuer", include_in_schema=False)
async def to_issuer(request: Request) -> Response:
    """Send the browser to the issuer, with a login that only it can end."""
    attempt = LoginAttempt()
    try:
        address = await _login_of(request).address(attempt)
    except TemporaryError as outcome:
        return _try_again(request, outcome)
    response = RedirectResponse(address, HTTPStatus.SEE_OTHER, _NO_STORE)
    response.headers["set-cookie"] = attempt.cookie(request.headers.get("host", ""))
    return response


@router.get(DONE, include_in_schema=False)
async def from_issuer(request: Request) -> Response:
    """Set the cookie of a session for what the browser brings back; return the form otherwise."""
    host = request.headers.get("host", "")
    response = await _finished(request, LoginAttempt.of(request.cookies, host))
    response.headers.append("set-cookie", cookie_that_ends(host))
    return response


async def _finished(request: Request, attempt: LoginAttempt | None) -> Response:
    login = _login_of(request)
    if attempt is None:
        notice = "This login was begun elsewhere, or too long ago. Try again."
        return form_with(request, HTTPStatus.BAD_REQUEST, notice)
    try:
        token = await login.id_token(attempt, request.query_params)
    except NotLoggedIn as refused:
        error = request.query_params.get("error", "")[:64]
        _log.info("not logged in", extra={"reason": str(refused), "error": error})
        return form_with(request, HTTPStatus.BAD_REQUEST, str(refused))
    except TemporaryError as outcome:
        return _try_again(request, outcome)
    onwards = Response(_ONWARDS, HTTPStatus.OK, _NO_STORE, "text/html; charset=utf-8")
    return await logged_in(request, token, onwards)


def _login_of(request: Request) -> OidcLogin:
    login = request.app.state.oidc
    if login is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "no issuer is set here: OIDC_ISSUER")
    assert isinstance(login, OidcLogin)
    return login


def _try_again(request: Request, outcome: TemporaryError) -> Response:
    _log.warning("no login by the issuer", extra={"reason": str(outcome)})
    return form_with(request, HTTPStatus.SERVICE_UNAVAILABLE, TRY_AGAIN)
