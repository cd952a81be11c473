"""The HTTP/1.1 protocol of a process: uvicorn's, with limits, and with errors that are in order.

Beyond uvicorn 0.54: a request is to arrive within a deadline (408), what is not its body is limited
(431), and so are connections (503). And bytes that are no request never take the response of the
complete request before them: that goes out, then the connection is closed.
"""

import logging
import re
from asyncio import TimerHandle, Transport
from http import HTTPStatus
from typing import Final

import httptools
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from shared.serving.http import HttpResponse, problem
from shared.settings import ServerSettings

MAX_HEADER_BYTES: Final = 65_536  # Envoy, before us in a cluster, takes 60 KiB
_OVERHEAD_PER_BODY_BYTE: Final = 5  # of a chunk of one byte: its length and two line ends
_LINGER_S: Final = 2.0
_LINGER_BYTES: Final = 1_048_576
_UNREADABLE: Final = (
    "what came is no HTTP request; if it is the end of a body, Content-Length was too small"
)
_UPGRADE: Final = re.compile(rb"(?i)\b(upgrade|http2-settings)\b *,? *")
_log = logging.getLogger(__name__)


class BoundedHttpProtocol(HttpToolsProtocol):
    """One connection. `http_protocol` makes the class that a server is given."""

    limits = ServerSettings()

    _deadline: TimerHandle | None = None
    _is_ended = False
    _is_receiving = False  # a request has begun and is not complete
    _received = 0  # bytes since the request began; of these, its body
    _body = 0
    _refusal: HttpResponse | None = None
    _request_line = b""  # of a request that asks for another protocol
    _before: RequestResponseCycle | None = None  # the request before the one of self.cycle

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Take the connection, in the place of an idle one where there are too many."""
        super().connection_made(transport)
        self.ws_protocol_class = None  # no function speaks WebSocket: the wish for it is ignored
        if len(self.connections) > self.limits.max_connections and not self._displace_idle():
            detail = f"there are {self.limits.max_connections} connections; try again"
            self._end(problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, [("retry-after", "2")]))
            return
        self._start_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline with the connection."""
        self._stop_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came; drop it where the connection is at its end."""
        self._received += len(data)
        if self._is_ended:
            if self._received > _LINGER_BYTES:
                self.transport.close()
            return
        self._unset_keepalive_if_required()
        try:
            self._feed(data)
        except httptools.HttpParserError:
            self._end(self._refusal or problem(HTTPStatus.BAD_REQUEST, _UNREADABLE))
            return
        overhead = self._received - self._body * (1 + _OVERHEAD_PER_BODY_BYTE)
        if self._is_receiving and overhead > MAX_HEADER_BYTES:
            self._end(_too_large())
        elif self._deadline is None and (self._is_receiving or not self._is_due(self.cycle)):
            self._start_deadline()

    def on_message_begin(self) -> None:
        """Begin to count a request's bytes, from the piece after this one on."""
        self._is_receiving = True
        self._received = self._body = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Start the request, or refuse headers that came in one piece and are too large."""
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > MAX_HEADER_BYTES:
            self._refuse(_too_large())
        if self.parser.should_upgrade():
            version = self.parser.get_http_version().encode()
            self._request_line = b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, version)
            if self.parser.get_method() == b"CONNECT":
                self._refuse(problem(HTTPStatus.METHOD_NOT_ALLOWED, "this is no proxy"))
            return
        self._before = self.cycle
        try:
            super().on_headers_complete()
        except (httptools.HttpParserInvalidURLError, UnicodeDecodeError, AttributeError):
            # AttributeError: a URL without a path, which uvicorn takes for granted
            self._refuse(problem(HTTPStatus.BAD_REQUEST, "the request's target is no path"))

    def on_body(self, body: bytes) -> None:
        """Hand a piece of the body on."""
        self._body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Leave the request to the application; the deadline is kept."""
        if self.parser.should_upgrade():
            return
        self._is_receiving = False
        self._stop_deadline()
        super().on_message_complete()

    def _feed(self, data: bytes) -> None:
        """Parse what came; a request that asks for another protocol is read without that wish.

        A server may ignore it (RFC 9110, 7.8), and Java's client asks for HTTP/2 with its first
        request. But the parser ends such a request with its headers, and its body would be lost.
        """
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self.parser = httptools.HttpRequestParser(self)
            self._feed(self._head_without_upgrade() + data[upgrade.args[0] :])

    def _head_without_upgrade(self) -> bytes:
        kept = [
            name + b": " + (_UPGRADE.sub(b"", value) if name == b"connection" else value)
            for name, value in self.headers
            if name not in (b"upgrade", b"http2-settings")
        ]
        return b"\r\n".join([self._request_line, *kept, b"", b""])

    def _refuse(self, response: HttpResponse) -> None:
        self._refusal = response
        raise _RefusedError  # the parser stops; data_received sends it

    def _end(self, response: HttpResponse) -> None:
        """Take nothing more, and close: after the responses that are due, or with this one."""
        _log.info("connection ended", extra={"status": response.status})
        if self._is_due(self.cycle) and self.cycle.more_body:
            self._give_up(self.cycle, response)
        elif self._is_due(self.cycle):
            self._finish_and_close()
        else:
            self._send_and_close(response)

    def _give_up(self, cycle: RequestResponseCycle, response: HttpResponse) -> None:
        """End a request that is not complete; one before it still gets its response."""
        cycle.disconnected = True
        cycle.message_event.set()
        if self.pipeline and self.pipeline[0][0] is cycle:
            self.pipeline.popleft()
        if self._before is not None and not self._before.response_complete:
            self.cycle = self._before
            self._finish_and_close()
        elif cycle.response_started:
            self._close()
        else:
            self._send_and_close(response)

    def _finish_and_close(self) -> None:
        self._is_ended = True
        self._stop_deadline()
        self.cycle.keep_alive = False

    def _send_and_close(self, response: HttpResponse) -> None:
        """Send the response and close; a sender at work must be able to read it.

        A close with unread bytes resets the connection, and the response is lost with it: so for a
        while what comes is read and dropped.
        """
        self._is_ended = True
        self._stop_deadline()
        self._received = 0
        self.transport.write(_bytes_of(response))
        self.transport.write_eof()
        self.flow.resume_reading()
        self._deadline = self.loop.call_later(_LINGER_S, self.transport.close)

    def _close(self) -> None:
        self._is_ended = True
        self._stop_deadline()
        self.transport.close()

    @staticmethod
    def _is_due(cycle: RequestResponseCycle | None) -> bool:
        return cycle is not None and not cycle.response_complete and not cycle.disconnected

    @property
    def _is_idle(self) -> bool:
        return not self._is_receiving and not self._is_due(self.cycle) and not self._is_ended

    def _displace_idle(self) -> bool:
        """Close a connection that waits for its next request; return whether there was one."""
        for other in self.connections:
            if isinstance(other, BoundedHttpProtocol) and other is not self and other._is_idle:  # noqa: SLF001 - of this class
                other._close()  # noqa: SLF001 - of this class
                return True
        return False

    def _start_deadline(self) -> None:
        self._deadline = self.loop.call_later(
            self.limits.request_timeout_seconds, self._on_deadline
        )

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _on_deadline(self) -> None:
        if not self._is_receiving:
            self._close()  # a new connection that never said a word
            return
        seconds = self.limits.request_timeout_seconds
        detail = f"the request was not complete after {seconds} s"
        self._end(problem(HTTPStatus.REQUEST_TIMEOUT, detail))


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


def _bytes_of(response: HttpResponse) -> bytes:
    headers = [
        *response.headers,
        ("content-type", response.content_type),
        ("content-length", str(len(response.body))),
        ("connection", "close"),
    ]
    lines = b"".join(f"{name}: {value}\r\n".encode("latin-1") for name, value in headers)
    return STATUS_LINE[response.status] + lines + b"\r\n" + response.body
