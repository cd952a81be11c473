"""Reads a request whole, within a limit, and hands it to the function."""

import dataclasses
from http import HTTPStatus
from typing import Final

from shared.serving.application import ASGI, Receive, Scope, Send, send_response
from shared.serving.cors import CorsPolicy, cors_headers
from shared.serving.function import HttpFunction
from shared.serving.held_bytes import MADE_OF_IT, UNBOUNDED, HeldBytes, too_much_at_once
from shared.serving.http import HttpRequest, HttpResponse, problem

MAX_BODY: Final = 1_048_576  # bytes; Kafka's own limit for a record (max.request.size)
# A response to a sender that is still sending is lost in the reset of the connection: so this much
# of a body beyond its limit is read and dropped, before it is refused.
MAX_DROPPED: Final = 16 * 1_048_576
_NO_PAGES: Final = CorsPolicy(frozenset(), ())


class _AwayError(Exception):
    """The client went away before all of its body came: half an event is no event."""


class _Refused(Exception):  # noqa: N818 - an outcome
    """The body is not taken; `response` says why."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__(response.status)
        self.response = response


def http_application(
    function: HttpFunction,
    max_body: int = MAX_BODY,
    cors: CorsPolicy = _NO_PAGES,
    held: HeldBytes = UNBOUNDED,
) -> ASGI:
    """Return the inner application of a function that responds to whole requests.

    A body beyond `max_body` bytes is a 413, and a 503 beyond what may be `held` of all bodies. Each
    response has the headers that `cors` gives it.
    """

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        body = _Body(max_body, held)
        try:
            await body.read(scope, receive)
            query = scope.get("query_string", b"")
            request = HttpRequest(
                scope["method"], scope["path"], scope["headers"], body.content(), query
            )
            response = await function.respond(request)
        except _AwayError:
            return
        except _Refused as refused:
            response = refused.response
        finally:
            body.give_back()
        added = cors_headers(cors, scope["method"], scope["headers"])
        if added:
            response = dataclasses.replace(response, headers=[*response.headers, *added])
        await send_response(send, response, head=scope["method"] == "HEAD")

    return inner


class _Body:
    """The body of one request as it comes."""

    def __init__(self, most: int, held: HeldBytes) -> None:
        self._most = most
        self._held = held
        self._parts: list[bytes] = []
        self._taken = 0
        self._refusal: HttpResponse | None = None

    def content(self) -> bytes:
        """Return all of it."""
        return b"".join(self._parts)

    def give_back(self) -> None:
        """Hold none of it any longer."""
        self._held.give_back(self._taken)
        self._taken = 0

    async def read(self, scope: Scope, receive: Receive) -> None:
        """Read it whole. Raise _Refused where it is not taken, _AwayError where the client left."""
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"0")
        declared = int(length) if length.isdigit() else 0
        self._refuse_beyond(declared, more=MADE_OF_IT * declared)
        # Who waits for a `100 Continue` is told before it sends.
        is_whole = declared > self._most + MAX_DROPPED
        is_whole = is_whole or (self._refusal is not None and b"expect" in headers)
        size = 0
        while not is_whole and size <= self._most + MAX_DROPPED:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _AwayError
            part = message.get("body", b"")
            size += len(part)
            self._refuse_beyond(size, more=0)
            self._keep(part)
            is_whole = not message.get("more_body", False)
        self._hold((MADE_OF_IT - 1) * size)
        if self._refusal is not None:
            raise _Refused(self._refusal)

    def _keep(self, part: bytes) -> None:
        self._hold(len(part))
        if self._refusal is None:
            self._parts.append(part)

    def _hold(self, count: int) -> None:
        if self._refusal is None and self._held.take(count):
            self._taken += count
        elif self._refusal is None:
            self._refuse(too_much_at_once())

    def _refuse_beyond(self, size: int, more: int) -> None:
        if size > self._most:
            self._refuse(_too_large(self._most))
        elif self._refusal is None and more > self._held.free:
            self._refuse(too_much_at_once())

    def _refuse(self, response: HttpResponse) -> None:
        self._refusal = response
        self._parts.clear()  # the rest is read, and dropped
        self.give_back()


def _too_large(max_body: int) -> HttpResponse:
    return problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"the body may have at most {max_body} bytes",
        [("connection", "close")],
    )
