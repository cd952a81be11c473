"""The page for a browser, which queries the JSON routes; its style and script are files."""

from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from functions.dashboard.schemas.responses import Message

_FOLDER: Final = Path(__file__).parents[1] / "assets"
_MESSAGE: Final = "IoT telemetry. /openapi.json describes the routes; a browser gets a page here."
_CACHED: Final = {"cache-control": "max-age=60"}  # a new release shows within a minute

router = APIRouter()


@router.get("/", response_model=Message)
def front(request: Request) -> Response:
    """Return a page to a browser, a message to any other client."""
    headers = {"vary": "accept", "cache-control": "no-cache"}
    if "text/html" in request.headers.get("accept", "").lower():
        return Response(_file("index.html"), HTTPStatus.OK, headers, "text/html; charset=utf-8")
    message = Message(message=_MESSAGE).model_dump_json()
    return Response(message, HTTPStatus.OK, headers, "application/json")


@router.get("/docs", include_in_schema=False)
def docs() -> Response:
    """Redirect to the description: the usual viewer would load its code from another host."""
    return RedirectResponse("/openapi.json")


@router.get("/assets/page.css", include_in_schema=False)
def style() -> Response:
    return Response(_file("page.css"), HTTPStatus.OK, _CACHED, "text/css; charset=utf-8")


@router.get("/assets/page.js", include_in_schema=False)
def script() -> Response:
    return Response(_file("page.js"), HTTPStatus.OK, _CACHED, "text/javascript; charset=utf-8")


@router.get("/assets/icon.svg", include_in_schema=False)
def icon() -> Response:
    return Response(_file("icon.svg"), HTTPStatus.OK, _CACHED, "image/svg+xml")


@cache
def _file(name: str) -> bytes:
    return (_FOLDER / name).read_bytes()
