"""HTTP/1.1 whose errors are in order: none takes the response of a complete request before it.

uvicorn answers bytes that are no request at once, with a 400 and a close. Where they stand behind a
complete request, that 400 is all that its sender reads of a reading that is stored.
"""

import logging
from asyncio import TimerHandle
from typing import Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from shared.serving.http import HttpResponse
from shared.serving.plain_protocol import PlainHttpProtocol

_LINGER_S: Final = 2.0
_LINGER_BYTES: Final = 1_048_576
_log = logging.getLogger(__name__)


class OrderlyHttpProtocol(PlainHttpProtocol):
    """One connection, and how it ends."""

    timer: TimerHandle | None = None
    is_ended = False
    is_receiving = False  # a request has begun and is not complete
    _has_head = False  # its headers are complete
    _before: RequestResponseCycle | None = None  # the request before the one of self.cycle
    _dropped = 0

    def on_message_begin(self) -> None:
        """Note that a request has begun."""
        self.is_receiving = True
        self._has_head = False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Start the request, and remember the one before it."""
        before = self.cycle
        super().on_headers_complete()
        self._has_head = self.cycle is not before
        if self._has_head:
            self._before = before

    def on_message_complete(self) -> None:
        """Note that the request is complete, and leave it to the application."""
        if self._has_head:
            self.is_receiving = False
            self.stop_timer()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timer with the connection."""
        self.stop_timer()
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio's own type
        """Return True, to stay open, where a client that sends no more is due a response."""
        if not self.is_due(self.cycle):
            return False
        if self.cycle.more_body:
            return self._leave_to_the_one_before(self.cycle)
        self._finish_and_close()
        return True

    def end(self, response: HttpResponse) -> None:
        """Take nothing more, and close: after the responses that are due, or with this one."""
        _log.info("connection ended", extra={"status": response.status})
        if self.is_due(self.cycle) and self.cycle.more_body:
            self._give_up(self.cycle, response)
        elif self.is_due(self.cycle):
            self._finish_and_close()
        elif self.is_receiving and self._has_head:
            self._linger()  # its response went out before it was complete
        else:
            self._send_and_close(response)

    def close(self) -> None:
        """Close at once."""
        self.is_ended = True
        self.stop_timer()
        self.transport.close()

    def drop(self, data: bytes) -> None:
        """Count what comes after the end; close where it does not cease."""
        self._dropped += len(data)
        if self._dropped > _LINGER_BYTES:
            self.close()

    def stop_timer(self) -> None:
        """Cancel the timer, if there is one."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    @staticmethod
    def is_due(cycle: RequestResponseCycle | None) -> bool:
        """Return whether a request waits for (the rest of) its response."""
        return cycle is not None and not cycle.response_complete and not cycle.disconnected

    def _give_up(self, cycle: RequestResponseCycle, response: HttpResponse) -> None:
        """End a request that is not complete; one before it still gets its response."""
        if self._leave_to_the_one_before(cycle):
            return
        if cycle.response_started:
            self.close()
        else:
            self._send_and_close(response)

    def _leave_to_the_one_before(self, cycle: RequestResponseCycle) -> bool:
        """Drop a request that is not complete; return whether one before it is due a response."""
        cycle.disconnected = True
        cycle.message_event.set()
        if self.pipeline and self.pipeline[0][0] is cycle:
            self.pipeline.popleft()
        if self._before is None or not self.is_due(self._before):
            return False
        self.cycle = self._before
        self._finish_and_close()
        return True

    def _finish_and_close(self) -> None:
        self.is_ended = True
        self.stop_timer()
        self.cycle.keep_alive = False

    def _send_and_close(self, response: HttpResponse) -> None:
        self.transport.write(_bytes_of(response))
        self._linger()

    def _linger(self) -> None:
        """Close so that a sender at work can read its response.

        A close with unread bytes resets the connection, and the response is lost with it: so for a
        while what comes is read and dropped.
        """
        self.is_ended = True
        self.stop_timer()
        self.transport.write_eof()
        self.flow.resume_reading()
        self.timer = self.loop.call_later(_LINGER_S, self.transport.close)


def _bytes_of(response: HttpResponse) -> bytes:
    headers = [
        *response.headers,
        ("content-type", response.content_type),
        ("content-length", str(len(response.body))),
        ("connection", "close"),
    ]
    lines = b"".join(f"{name}: {value}\r\n".encode("latin-1") for name, value in headers)
    return STATUS_LINE[response.status] + lines + b"\r\n" + response.body
