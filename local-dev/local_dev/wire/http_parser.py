"""Where does an HTTP/1.1 answer end, and what does it say? `http_client` feeds it bytes."""

from __future__ import annotations

from dataclasses import dataclass

BODYLESS = frozenset({204, 304})
LARGEST_HEAD = 64 * 1024
INFORMATIONAL = 200  # 1xx: the real answer follows


class BrokenAnswerError(Exception):
    """What came is not HTTP/1.1."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; header names as they came, values as Latin-1 text."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the last header of this (lower-case) name."""
        return {n.lower(): v for n, v in self.headers}.get(name)


class AnswerParser:
    """Reads one answer."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._head: Answer | None = None
        self._length: int | None = None
        self._chunked = False
        self.keeps_alive = False

    def feed(self, data: bytes) -> Answer | None:
        """Take more bytes; return the answer once it is whole. Raises BrokenAnswerError."""
        self._buffer += data
        while self._head is None:
            if not self._read_head():
                return None
        if self._chunked:
            body = self._chunks()
            return None if body is None else self._whole(body)
        if self._length is None or len(self._buffer) < self._length:
            return None
        if len(self._buffer) > self._length:
            self.keeps_alive = False  # more than was announced
        return self._whole(bytes(self._buffer[: self._length]))

    def feed_end(self) -> Answer | None:
        """The connection was closed: return the answer if its end is what ends it."""
        if self._head is None or self._chunked or self._length is not None:
            return None
        return self._whole(bytes(self._buffer))

    def _whole(self, body: bytes) -> Answer:
        assert self._head is not None
        return Answer(self._head.status, self._head.headers, body)

    def _read_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > LARGEST_HEAD:
                raise BrokenAnswerError("the answer's header is too large")
            return False
        head = self._buffer[:end].decode("latin-1")
        del self._buffer[: end + 4]
        first, *lines = head.split("\r\n")
        version, _, rest = first.partition(" ")
        if not version.startswith("HTTP/1.") or not rest[:3].isdigit():
            raise BrokenAnswerError(f"the answer begins with {first[:40]!r}")
        status = int(rest[:3])
        if status < INFORMATIONAL:
            return True
        split = (line.partition(":") for line in lines)
        self._head = Answer(status, tuple((n, v.strip(" \t")) for n, _, v in split), b"")
        self._frame(version)
        return True

    def _frame(self, version: str) -> None:
        assert self._head is not None
        named = {name.lower(): value for name, value in self._head.headers}
        connection = named.get("connection", "").lower()
        self._chunked = "chunked" in named.get("transfer-encoding", "").lower()
        if self._head.status in BODYLESS:
            self._length, self._chunked = 0, False
        elif "content-length" in named:
            if not named["content-length"].isdigit():
                raise BrokenAnswerError("the answer's content-length is no number")
            self._length = int(named["content-length"])
        ends_by_itself = self._chunked or self._length is not None
        self.keeps_alive = ends_by_itself and connection != "close" and version == "HTTP/1.1"

    def _chunks(self) -> bytes | None:
        body, at = bytearray(), 0
        while True:
            end = self._buffer.find(b"\r\n", at)
            if end < 0:
                return None
            try:
                size = int(self._buffer[at:end].split(b";")[0], 16)
            except ValueError as error:
                raise BrokenAnswerError("a chunk has no size") from error
            if size == 0:
                return bytes(body) if self._trailer_ended(end) else None
            at = end + 2 + size + 2
            if len(self._buffer) < at:
                return None
            body += self._buffer[end + 2 : at - 2]

    def _trailer_ended(self, end: int) -> bool:
        return self._buffer[end:].endswith(b"\r\n\r\n")
