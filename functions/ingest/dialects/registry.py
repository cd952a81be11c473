"""Which dialect a request is in, by its path, or by its media type on the paths of plain JSON.

A dialect's module is imported with its first request: a start costs what plain JSON needs.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from importlib import import_module
from typing import Final, Protocol, cast

from functions.ingest.dialects.dialect import Dialect, DialectOptions, method_response
from functions.ingest.request_body import Content, json_content
from functions.ingest.request_headers import media_type_of
from functions.ingest.responses import PlainLaw
from shared.serving.http import HttpRequest, HttpResponse, problem

_READINGS: Final = frozenset({"/ingest", "/ingest/", "/v1/ingest", "/v1/ingest/", "/", ""})
_JSON: Final = b"application/json"
_EVENT: Final = b"ce-specversion"
BY_MEDIA_TYPE: Final = {
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
    "application/x-jsonlines": "ndjson",
    "application/senml+json": "senml",
    "application/cloudevents+json": "cloud_events",
    "application/cloudevents-batch+json": "cloud_events",
}
BY_PATH: Final = {
    "/write": "influx",
    "/api/v2/write": "influx",
    "/ping": "influx_pages",
    "/query": "influx_pages",
    "/v1/metrics": "otlp",
    "/openapi.json": "description",
}
BY_PATTERN: Final = (
    (re.compile("/ingest/[a-z0-9-]+"), "mapper"),
    (re.compile("/api/v1/[^/]+/telemetry"), "thingsboard"),
)


class _Module(Protocol):
    """What each module of a dialect has."""

    def dialect_of(
        self, request: HttpRequest, options: DialectOptions
    ) -> Dialect | HttpResponse: ...


def _plain_content(request: HttpRequest) -> Content:
    return json_content(request.body)


PLAIN: Final = Dialect(_plain_content, PlainLaw())


def dialect_of(
    request: HttpRequest, headers: Mapping[bytes, bytes], options: DialectOptions
) -> Dialect | HttpResponse:
    """Return the dialect of a request, whose `headers` are the first of each name.

    Return a response instead where it posts no readings: 404, 405, 415, or what a page says.
    """
    if request.path not in _READINGS:
        return _by_path(request, options)
    if request.method == "POST" and _EVENT not in headers:
        media_type = headers.get(b"content-type", _JSON)
        if media_type == _JSON:
            return PLAIN
    return method_response(request) or _by_media_type(request, headers, options)


def _by_media_type(
    request: HttpRequest, headers: Mapping[bytes, bytes], options: DialectOptions
) -> Dialect | HttpResponse:
    media_type = media_type_of(headers) or ""
    is_event = _EVENT in headers and not media_type.startswith("application/cloudevents")
    if media_type == _JSON.decode() and not is_event:
        return PLAIN
    name = "cloud_events" if is_event else BY_MEDIA_TYPE.get(media_type)
    if name is not None:
        return _module(name).dialect_of(request, options)
    taken = [_JSON.decode(), *BY_MEDIA_TYPE]
    return problem(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        f"send JSON, with the header Content-Type: {_JSON.decode()}",
        [("accept", ", ".join(taken))],
    )


def _by_path(request: HttpRequest, options: DialectOptions) -> Dialect | HttpResponse:
    name = BY_PATH.get(request.path) or next(
        (name for pattern, name in BY_PATTERN if pattern.fullmatch(request.path)), None
    )
    if name is None:
        return problem(HTTPStatus.NOT_FOUND, "readings are posted to /ingest")
    return _module(name).dialect_of(request, options)


def _module(name: str) -> _Module:
    return cast("_Module", import_module(f"functions.ingest.dialects.{name}"))
