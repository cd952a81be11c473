"""A parser of one HTTP/1.1 response, on llhttp; `http_connection` feeds it bytes."""

from __future__ import annotations

from dataclasses import dataclass

import httptools

LARGEST_HEAD = 64 * 1024
FINAL = 200  # 1xx: the response follows


class BrokenResponseError(Exception):
    """What came is not HTTP/1.1."""


@dataclass(frozen=True, slots=True)
class Response:
    """A whole response; header names as they came, values as Latin-1 text."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the last header of this (lower-case) name."""
        return {n.lower(): v for n, v in self.headers}.get(name)


class ResponseParser:
    """Reads one response; its methods `on_...` are called by llhttp.

    A response to a HEAD request ends with its head, whatever length it states.
    """

    def __init__(self, *, is_to_head: bool = False) -> None:
        self._is_to_head = is_to_head
        self._llhttp = httptools.HttpResponseParser(self)
        self._headers: list[tuple[str, str]] = []
        self._body = bytearray()
        self._response: Response | None = None
        self._head_bytes = 0
        self._is_in_body = False
        self._ends_with_connection = False
        self.keeps_alive = False

    def feed(self, data: bytes) -> Response | None:
        """Take more bytes; return the response once it is whole. Raise BrokenResponseError."""
        try:
            self._llhttp.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self.keeps_alive = False
            if self._response is None:  # else it is what came behind the response that is no HTTP
                raise BrokenResponseError(str(error)) from error
        if not self._is_in_body:
            self._head_bytes += len(data)
        if self._response is None and self._head_bytes > LARGEST_HEAD:
            raise BrokenResponseError("the response's header is too large")
        return self._response

    def feed_end(self) -> Response | None:
        """Return the response if the end of the connection is what ends it."""
        return self._whole() if self._ends_with_connection else None

    def on_message_begin(self) -> None:
        self._headers.clear()
        self.keeps_alive = False  # also where more comes than was announced

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.decode("latin-1"), value.decode("latin-1").strip(" \t")))

    def on_headers_complete(self) -> None:
        self._is_in_body = self._llhttp.get_status_code() >= FINAL
        named = {name.lower() for name, _ in self._headers}
        measured = named & {"content-length", "transfer-encoding"}
        self._ends_with_connection = self._is_in_body and not measured
        if self._is_to_head:
            self.on_message_complete()

    def on_body(self, piece: bytes) -> None:
        self._body += piece

    def on_message_complete(self) -> None:
        if self._llhttp.get_status_code() >= FINAL and self._response is None:
            self._response = self._whole()
            self.keeps_alive = self._llhttp.should_keep_alive()

    def _whole(self) -> Response:
        status = self._llhttp.get_status_code()
        return Response(status, tuple(self._headers), bytes(self._body))
