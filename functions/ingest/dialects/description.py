"""The description of ingest's routes, OpenAPI 3.1."""

from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Final

from functions.ingest.dialects.dialect import Dialect, DialectOptions
from shared.serving.http import HttpRequest, HttpResponse, problem

_FILE: Final = Path(__file__).parents[1] / "openapi.json"


def dialect_of(request: HttpRequest, _options: DialectOptions) -> Dialect | HttpResponse:
    """Return the document to who reads it; nothing is posted there."""
    if request.method in ("GET", "HEAD"):
        return HttpResponse(HTTPStatus.OK, _content(), "application/json")
    detail = "/openapi.json is read"
    return problem(HTTPStatus.METHOD_NOT_ALLOWED, detail, [("allow", "GET, HEAD")])


@cache
def _content() -> bytes:
    return _FILE.read_bytes()
