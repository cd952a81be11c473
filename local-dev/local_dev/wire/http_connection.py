"""One HTTP/1.1 connection, which carries a request and its response; `http_client` pools them."""

from __future__ import annotations

import asyncio
from typing import cast

from local_dev.wire.http_parser import BrokenResponseError, Response, ResponseParser


class HttpConnection(asyncio.Protocol):
    """One connection; `is_usable` while it can take a next request."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._parser = ResponseParser()
        self._response: asyncio.Future[Response] | None = None
        self.is_usable = False

    async def exchange(self, head: bytes, body: bytes) -> Response:
        """Send a request and wait for its response. Raise OSError, BrokenResponseError."""
        assert self._transport is not None
        self.is_usable = False
        self._parser = ResponseParser(is_to_head=head.startswith(b"HEAD "))
        self._response = asyncio.get_running_loop().create_future()
        self._transport.write(b"%scontent-length: %d\r\n\r\n%s" % (head, len(body), body))
        return await self._response

    def close(self) -> None:
        """Drop the connection, whatever is under way on it."""
        self.is_usable = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self.is_usable = True

    def data_received(self, data: bytes) -> None:
        if self._response is None or self._response.done():
            self.close()  # bytes that belong to no request
            return
        try:
            response = self._parser.feed(data)
        except BrokenResponseError as error:
            self._response.set_exception(error)
            return
        if response is not None:
            self.is_usable = self._parser.keeps_alive
            self._response.set_result(response)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_usable = False
        if self._response is None or self._response.done():
            return
        response = self._parser.feed_end()
        if response is not None:
            self._response.set_result(response)
        else:
            self._response.set_exception(exc or ConnectionResetError("closed before its response"))
