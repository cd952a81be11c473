"""How does one HTTP/1.1 connection carry a request and its answer? `http_client` pools them."""

from __future__ import annotations

import asyncio
from typing import cast

from local_dev.wire.http_parser import Answer, AnswerParser, BrokenAnswerError


class HttpConnection(asyncio.Protocol):
    """One connection; `is_usable` while it can take a next request."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._parser = AnswerParser()
        self._answer: asyncio.Future[Answer] | None = None
        self.is_usable = False

    async def exchange(self, head: bytes, body: bytes) -> Answer:
        """Send a request and wait for its answer. Raises OSError, BrokenAnswerError."""
        assert self._transport is not None
        self.is_usable = False
        self._parser = AnswerParser()
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(b"%scontent-length: %d\r\n\r\n%s" % (head, len(body), body))
        return await self._answer

    def close(self) -> None:
        """Drop the connection, whatever is under way on it."""
        self.is_usable = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self.is_usable = True

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():
            self.close()  # bytes that nobody asked for
            return
        try:
            answer = self._parser.feed(data)
        except BrokenAnswerError as error:
            self._answer.set_exception(error)
            return
        if answer is not None:
            self.is_usable = self._parser.keeps_alive
            self._answer.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_usable = False
        if self._answer is None or self._answer.done():
            return
        answer = self._parser.feed_end()
        if answer is not None:
            self._answer.set_result(answer)
        else:
            self._answer.set_exception(exc or ConnectionResetError("closed before its answer"))
