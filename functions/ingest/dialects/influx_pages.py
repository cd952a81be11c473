"""What clients of Influx ask for before they write: a ping, and their database; pure."""

import re
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs

from functions.ingest.dialects.dialect import Dialect, DialectOptions
from shared.serving.http import HttpRequest, HttpResponse, json_response, problem

PING_PATH: Final = "/ping"
_VERSION: Final = [("x-influxdb-version", "1.8.10"), ("x-influxdb-build", "iot-telemetry")]
_CREATE: Final = re.compile(r'\s*CREATE\s+DATABASE\s+("(?:[^"\\]|\\.)+"|\w+)', re.IGNORECASE)
_SHOW: Final = re.compile(r"\s*SHOW\s+DATABASES\s*;?\s*", re.IGNORECASE)


def dialect_of(request: HttpRequest, _options: DialectOptions) -> Dialect | HttpResponse:
    """Return the response to /ping, and to /query of the statements that writers begin with.

    There are no databases; whichever is named is taken for one.
    """
    if request.path == PING_PATH:
        if request.method in ("GET", "HEAD"):
            return HttpResponse(HTTPStatus.NO_CONTENT, headers=_VERSION)
        return problem(HTTPStatus.METHOD_NOT_ALLOWED, "/ping is read", [("allow", "GET, HEAD")])
    statement = _statement_of(request)
    if _CREATE.match(statement):
        return _result({})
    if _SHOW.fullmatch(statement):
        databases = {"name": "databases", "columns": ["name"], "values": [["telemetry"]]}
        return _result({"series": [databases]})
    return json_response(
        HTTPStatus.BAD_REQUEST, {"error": "readings are read at the dashboard, not by queries"}
    )


def _statement_of(request: HttpRequest) -> str:
    """Return the statement in the query string, or else in the form that was posted."""
    for text in (request.query, request.body[:4_096]):
        statements = parse_qs(text.decode("latin-1")).get("q")
        if statements:
            return statements[0]
    return ""


def _result(content: dict[str, object]) -> HttpResponse:
    return json_response(HTTPStatus.OK, {"results": [{"statement_id": 0, **content}]})
