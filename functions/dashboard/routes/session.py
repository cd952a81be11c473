"""The routes by which a browser logs in with a token and out again, and sees who it is."""

from collections.abc import Sequence
from functools import cache
from html import escape
from http import HTTPStatus
from pathlib import Path
from time import time
from typing import Final, Literal
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel

from functions.dashboard.access.caller import CallerOfRequest, Denied, proven_by
from functions.dashboard.access.session_cookie import MAX_VALUE, cookie_that_ends, cookie_with
from functions.dashboard.refusals import Refusal
from functions.dashboard.routes.writing import refuse_other_origins
from functions.dashboard.schemas import problems
from shared.auth.scopes import Scope
from shared.settings import CorsSettings

_PAGE: Final = Path(__file__).parents[1] / "assets" / "login.html"
_NOTICE: Final = '<p id="notice" class="notice" role="alert" hidden></p>'
_NO_ISSUER: Final = "<!-- issuer -->"
_ISSUER: Final = '<p><a class="button" href="/login/issuer">Log in with {}</a></p>'
TRY_AGAIN: Final = "Not possible now. Try again."
_MAX_FORM: Final = 16_384
_FORM: Final = "application/x-www-form-urlencoded"
_OURS_ALONE: Final = CorsSettings()
_NO_STORE: Final = {"cache-control": "no-store", "vary": "cookie"}

router = APIRouter(responses=problems.ANY_ROUTE)


class Session(BaseModel):
    """Whether the dashboard is open, and who the caller is where it is closed."""

    access: Literal["open", "closed"]
    name: str | None
    scopes: Sequence[Scope]


@router.get("/session")
async def session(request: Request, caller: CallerOfRequest) -> Session:
    """Return who the caller is, and what it may do; where the dashboard is open, all may all."""
    access: Literal["open", "closed"] = "open" if request.app.state.verifier is None else "closed"
    return Session(access=access, name=caller.name, scopes=sorted(caller.scopes))


@router.get("/login", include_in_schema=False)
async def form(request: Request) -> Response:
    """Return the form that takes a token; where the dashboard is open there is nothing to ask."""
    if request.app.state.verifier is None:
        return RedirectResponse("/", HTTPStatus.SEE_OTHER)
    return form_with(request, HTTPStatus.OK)


@router.post("/login", include_in_schema=False)
async def log_in(request: Request) -> Response:
    """Set the cookie of a session for a good token that may read; return the form for any other."""
    if request.app.state.verifier is None:
        return RedirectResponse("/", HTTPStatus.SEE_OTHER)
    refuse_other_origins(request, _OURS_ALONE)
    token = await _token_in_form(request)
    return await logged_in(request, token, RedirectResponse("/", HTTPStatus.SEE_OTHER))


async def logged_in(request: Request, token: str, response: Response) -> Response:
    """Return the response with a session of a good token that may read; the form for any other."""
    try:
        principal = await proven_by(request, token)
    except Denied as denied:
        is_wrong = denied.response.status == HTTPStatus.UNAUTHORIZED
        notice = "This token is not good here." if is_wrong else TRY_AGAIN
        return form_with(request, denied.response.status, notice)
    if not principal.may(Scope.READ):
        return form_with(request, HTTPStatus.FORBIDDEN, "This token lacks the scope read.")
    if len(token) > MAX_VALUE:
        notice = "This token is too long for a cookie."
        return form_with(request, HTTPStatus.BAD_REQUEST, notice)
    host = request.headers.get("host", "")
    lifetime_s = max(0.0, principal.expires_at - time())
    response.headers.append("set-cookie", cookie_with(token, host, lifetime_s))
    return response


def form_with(request: Request, status: int, notice: str = "") -> Response:
    """Return the form that takes a token, with the way to the issuer where there is one."""
    login = request.app.state.oidc
    told = _NOTICE.replace(" hidden></p>", f">{escape(notice)}</p>") if notice else _NOTICE
    issuer = "" if login is None else _ISSUER.format(escape(login.name))
    content = _page().replace(_NOTICE, told).replace(_NO_ISSUER, issuer)
    return Response(content, status, _NO_STORE, "text/html; charset=utf-8")


@router.post("/logout", include_in_schema=False)
async def log_out(request: Request) -> Response:
    """End the session in this browser."""
    refuse_other_origins(request, _OURS_ALONE)
    response = RedirectResponse("/login", HTTPStatus.SEE_OTHER)
    response.headers["set-cookie"] = cookie_that_ends(request.headers.get("host", ""))
    return response


async def _token_in_form(request: Request) -> str:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_FORM:
            detail = f"the form is over {_MAX_FORM} bytes"
            raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, "body")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        detail = f"the form must be {_FORM}"
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail, "content-type")
    fields = parse_qs(body.decode("latin-1"))
    return fields.get("token", [""])[0].strip()


@cache
def _page() -> str:
    return _PAGE.read_text(encoding="utf-8")
