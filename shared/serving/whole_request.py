"""Reads a request whole, within a limit, and hands it to the function."""

from http import HTTPStatus
from typing import Final

from shared.serving.application import ASGI, Receive, Scope, Send, send_response
from shared.serving.function import HttpFunction
from shared.serving.http import HttpRequest, HttpResponse, problem

MAX_BODY: Final = 1_048_576  # bytes; Kafka's own limit for a record (max.request.size)


def http_application(function: HttpFunction, max_body: int = MAX_BODY) -> ASGI:
    """Return the inner application of a function that responds to whole requests."""

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        response = await _response_to_whole_request(function, scope, receive, max_body)
        if response is not None:
            await send_response(send, response, head=scope["method"] == "HEAD")

    return inner


async def _response_to_whole_request(
    function: HttpFunction, scope: Scope, receive: Receive, max_body: int
) -> HttpResponse | None:
    """Read the request and return the function's response, or 413 beyond `max_body` bytes.

    None where the client went away before all of its body came: half an event is no event.
    """
    length = next((v for k, v in scope["headers"] if k == b"content-length"), b"0")
    declared = int(length) if length.isdigit() else 0
    parts: list[bytes] = []
    size, is_whole = 0, False
    while declared <= max_body and size <= max_body and not is_whole:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        parts.append(part)
        size += len(part)
        is_whole = not message.get("more_body", False)
    if max(declared, size) > max_body:
        return problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"the body may have at most {max_body} bytes",
            [("connection", "close")],
        )
    request = HttpRequest(scope["method"], scope["path"], scope["headers"], b"".join(parts))
    return await function.respond(request)
