"""Reads a request whole, within a limit, and hands it to the function."""

import dataclasses
from http import HTTPStatus
from typing import Final

from shared.serving.application import ASGI, Receive, Scope, Send, send_response
from shared.serving.cors import CorsPolicy, cors_headers
from shared.serving.function import HttpFunction
from shared.serving.http import HttpRequest, HttpResponse, problem

MAX_BODY: Final = 1_048_576  # bytes; Kafka's own limit for a record (max.request.size)
# A response to a sender that is still sending is lost in the reset of the connection: so this much
# of a body beyond its limit is read and dropped, before it is refused.
MAX_DROPPED: Final = 16 * 1_048_576
_NO_PAGES: Final = CorsPolicy(frozenset(), ())


class _AwayError(Exception):
    """The client went away before all of its body came: half an event is no event."""


def http_application(
    function: HttpFunction, max_body: int = MAX_BODY, cors: CorsPolicy = _NO_PAGES
) -> ASGI:
    """Return the inner application of a function that responds to whole requests.

    A body beyond `max_body` bytes is a 413. Each response has the headers that `cors` gives it.
    """

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await _body_of(scope, receive, max_body)
        except _AwayError:
            return
        if body is None:
            response = _too_large(max_body)
        else:
            query = scope.get("query_string", b"")
            request = HttpRequest(scope["method"], scope["path"], scope["headers"], body, query)
            response = await function.respond(request)
        added = cors_headers(cors, scope["method"], scope["headers"])
        if added:
            response = dataclasses.replace(response, headers=[*response.headers, *added])
        await send_response(send, response, head=scope["method"] == "HEAD")

    return inner


async def _body_of(scope: Scope, receive: Receive, max_body: int) -> bytes | None:
    """Return the request's body; None where it is larger than `max_body`."""
    headers = dict(scope["headers"])
    length = headers.get(b"content-length", b"0")
    declared = int(length) if length.isdigit() else 0
    # Who waits for a `100 Continue` is told before it sends.
    if declared > max_body and b"expect" in headers:
        return None
    parts: list[bytes] = []
    size, is_whole = 0, declared > max_body + MAX_DROPPED
    while not is_whole and size <= max_body + MAX_DROPPED:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _AwayError
        part = message.get("body", b"")
        size += len(part)
        if size <= max_body:
            parts.append(part)
        is_whole = not message.get("more_body", False)
    return b"".join(parts) if max(declared, size) <= max_body else None


def _too_large(max_body: int) -> HttpResponse:
    return problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"the body may have at most {max_body} bytes",
        [("connection", "close")],
    )
