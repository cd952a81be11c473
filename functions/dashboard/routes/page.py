"""The page for a browser, which reads the JSON routes; its style and script are files."""

import json
from functools import cache
from html import escape
from http import HTTPStatus
from pathlib import Path
from typing import Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from functions.dashboard.access.caller import Denied, proven
from functions.dashboard.dependencies import ShownSettings
from functions.dashboard.routes.compressed import respond_compressed
from functions.dashboard.routes.conditional import respond_unless_unchanged
from functions.dashboard.schemas.responses import Message
from shared.auth.scopes import Scope

_FOLDER: Final = Path(__file__).parents[1] / "assets"
_MESSAGE: Final = "IoT telemetry. /openapi.json describes the routes; a browser gets a page here."
_FOR_A_MINUTE: Final = {"cache-control": "max-age=60"}  # a new release shows within a minute
_JSON: Final = "application/json"
_MEDIA_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_PAGES: Final = ("index.html", "login.html")  # served as pages, and not as their files
_CHART_FILES: Final = frozenset(("uPlot.iife.min.js", "uPlot.min.css"))
_FOR_A_DAY: Final = {"cache-control": "max-age=86400"}
_INGEST_URL: Final = '<meta name="ingest-url" content="{}">'
_MAY: Final = '<meta name="may" content="{}">'
_OFFERED: Final = (Scope.ALERTS_ACK, Scope.DLQ_REDRIVE)  # what the page has buttons for

router = APIRouter()


@router.get("/", response_model=Message)
async def front(request: Request, settings: ShownSettings) -> Response:
    """Return a page to a browser that may see it, the way to log in, or a message to a client."""
    headers = {"vary": "accept, cookie", "cache-control": "no-cache"}
    if "text/html" in request.headers.get("accept", "").lower():
        scopes = await _scopes_of(request)
        if scopes is None:
            return RedirectResponse("/login", HTTPStatus.SEE_OTHER)
        page = _page(settings.ingest_url, " ".join(scopes))
        return respond_unless_unchanged(request, page, "text/html; charset=utf-8", headers)
    message = Message(message=_MESSAGE).model_dump_json().encode()
    return respond_unless_unchanged(request, message, _JSON, headers)


@router.get("/openapi.json", include_in_schema=False)
def description(request: Request) -> Response:
    """Return the description of the routes, OpenAPI 3.1."""
    content = json.dumps(request.app.openapi(), separators=(",", ":")).encode()
    return respond_unless_unchanged(request, content, _JSON, {"cache-control": "no-cache"})


@router.get("/docs", include_in_schema=False)
def docs() -> Response:
    """Redirect to the description: the usual viewer would load its code from another host."""
    return RedirectResponse("/openapi.json")


@router.get("/assets/{name}", include_in_schema=False)
def asset(request: Request, name: str) -> Response:
    """Return a file of the page; its kind is known by its ending."""
    if name not in _assets():
        raise HTTPException(HTTPStatus.NOT_FOUND)
    media_type = _MEDIA_TYPES[name.rpartition(".")[2]]
    return respond_compressed(request, _file(name), media_type, _FOR_A_MINUTE)


@router.get("/assets/charts/{name}", include_in_schema=False)
def chart_file(request: Request, settings: ShownSettings, name: str) -> Response:
    """Return a file of uPlot from where it is unpacked; 404 where it is not there."""
    content = _chart_file(settings.charts_folder, name) if name in _CHART_FILES else None
    if content is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    media_type = _MEDIA_TYPES[name.rpartition(".")[2]]
    return respond_compressed(request, content, media_type, _FOR_A_DAY)


async def _scopes_of(request: Request) -> list[str] | None:
    """Return what who calls may do by the page; None where nothing proves who that is."""
    if request.app.state.verifier is None:
        return [scope.value for scope in _OFFERED]
    try:
        caller = await proven(request)
    except Denied as denied:
        is_unknown = denied.response.status == HTTPStatus.UNAUTHORIZED
        return None if is_unknown else []  # the page itself says what else
    return [scope.value for scope in _OFFERED if caller.may(scope)]


@cache
def _page(ingest_url: str, may: str) -> bytes:
    page = _file("index.html").decode()
    for meta, told in ((_INGEST_URL, ingest_url), (_MAY, may)):
        page = page.replace(meta.format(""), meta.format(escape(told)))
    return page.encode()


@cache
def _file(name: str) -> bytes:
    return (_FOLDER / name).read_bytes()


@cache
def _chart_file(folder: str, name: str) -> bytes | None:
    file = Path(folder) / name
    return file.read_bytes() if file.is_file() else None


@cache
def _assets() -> frozenset[str]:
    return frozenset(one.name for one in _FOLDER.iterdir() if one.name not in _PAGES)
