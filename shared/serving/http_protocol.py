"""The HTTP/1.1 protocol of a process: uvicorn's, within limits.

Beyond uvicorn 0.54: a request is to arrive within a deadline (408), what is not its body is limited
(431), and so are connections (503).
"""

from asyncio import Transport
from http import HTTPStatus
from typing import Final

import httptools

from shared.serving.http import HttpResponse, problem
from shared.serving.orderly_protocol import OrderlyHttpProtocol
from shared.settings import ServerSettings

MAX_HEADER_BYTES: Final = 65_536  # Envoy, before us in a cluster, takes 60 KiB
_OVERHEAD_PER_BODY_BYTE: Final = 5  # of a chunk of one byte: its length and two line ends
_UNREADABLE: Final = (
    "what came is no HTTP request; if it is the end of a body, Content-Length was too small"
)


class BoundedHttpProtocol(OrderlyHttpProtocol):
    """One connection. `http_protocol` makes the class that a server is given."""

    limits = ServerSettings()

    _received = 0  # bytes since the request began; of these, its body
    _body = 0
    _refusal: HttpResponse | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Take the connection, in the place of an idle one where there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self.limits.max_connections and not self._displace_idle():
            detail = f"there are {self.limits.max_connections} connections; try again"
            self.end(problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, [("retry-after", "2")]))
            return
        self._start_deadline()

    def data_received(self, data: bytes) -> None:
        """Parse what came; drop it where the connection is at its end."""
        if self.is_ended:
            self.drop(data)
            return
        self._unset_keepalive_if_required()
        self._received += len(data)
        try:
            self.feed(data)
        except httptools.HttpParserError:
            self.end(self._refusal or problem(HTTPStatus.BAD_REQUEST, _UNREADABLE))
            return
        overhead = self._received - self._body * (1 + _OVERHEAD_PER_BODY_BYTE)
        if self.is_receiving and overhead > MAX_HEADER_BYTES:
            self.end(_too_large())
        elif self.timer is None and (self.is_receiving or not self.is_due(self.cycle)):
            self._start_deadline()

    def on_message_begin(self) -> None:
        """Begin to count a request's bytes, from the piece after this one on."""
        self._received = self._body = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Start the request, or refuse headers that came in one piece and are too large."""
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > MAX_HEADER_BYTES:
            self._refuse(_too_large())
        if self.parser.get_method() == b"CONNECT":
            self._refuse(problem(HTTPStatus.METHOD_NOT_ALLOWED, "this is no proxy"))
        try:
            super().on_headers_complete()
        except (httptools.HttpParserInvalidURLError, UnicodeDecodeError, AttributeError):
            # AttributeError: a URL without a path, which uvicorn takes for granted
            self._refuse(problem(HTTPStatus.BAD_REQUEST, "the request's target is no path"))

    def on_body(self, body: bytes) -> None:
        """Hand a piece of the body on."""
        self._body += len(body)
        super().on_body(body)

    def _refuse(self, response: HttpResponse) -> None:
        self._refusal = response
        raise _RefusedError  # the parser stops; data_received sends it

    @property
    def is_idle(self) -> bool:
        """Whether the connection waits for a request to begin."""
        return not self.is_receiving and not self.is_due(self.cycle) and not self.is_ended

    def _displace_idle(self) -> bool:
        """Close a connection that waits for its next request; return whether there was one."""
        for other in self.connections:
            if isinstance(other, BoundedHttpProtocol) and other is not self and other.is_idle:
                other.close()
                return True
        return False

    def _start_deadline(self) -> None:
        self.timer = self.loop.call_later(self.limits.request_timeout_seconds, self._on_deadline)

    def _on_deadline(self) -> None:
        if not self.is_receiving:
            self.close()  # a new connection that never said a word
            return
        seconds = self.limits.request_timeout_seconds
        detail = f"the request was not complete after {seconds} s"
        self.end(problem(HTTPStatus.REQUEST_TIMEOUT, detail))


class _RefusedError(Exception):
    """Stops the parser: the request is refused."""


def http_protocol(settings: ServerSettings) -> type[BoundedHttpProtocol]:
    """Return the protocol class with these limits, for uvicorn's `http`."""
    return type("LimitedHttpProtocol", (BoundedHttpProtocol,), {"limits": settings})


def _too_large() -> HttpResponse:
    return problem(
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        f"all that is not the body may have at most {MAX_HEADER_BYTES} bytes",
    )
