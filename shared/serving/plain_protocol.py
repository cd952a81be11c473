"""HTTP/1.1 and nothing else: uvicorn's protocol, without the wish of a request for another one.

A server may ignore that wish (RFC 9110, 7.8), and Java's client asks for HTTP/2 with its first
request. But the parser ends such a request with its headers: its body would be lost.
"""

import re
from asyncio import Transport
from typing import Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_UPGRADE: Final = re.compile(rb"(?i)\b(upgrade|http2-settings)\b *,? *")


class PlainHttpProtocol(HttpToolsProtocol):
    """One connection. A request that asks for an upgrade is parsed again without asking."""

    _request_line = b""  # of such a request

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Take the connection; no function speaks WebSocket."""
        super().connection_made(transport)
        self.ws_protocol_class = None

    def feed(self, data: bytes) -> None:
        """Parse what came; raises httptools' error for what is no HTTP."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self.parser = httptools.HttpRequestParser(self)
            self.feed(self._head_without_upgrade() + data[upgrade.args[0] :])

    def on_headers_complete(self) -> None:
        """Start the request, unless it is to be parsed again."""
        if self.parser.should_upgrade():
            version = self.parser.get_http_version().encode()
            self._request_line = b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, version)
        else:
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Complete the request, unless it is to be parsed again."""
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def _head_without_upgrade(self) -> bytes:
        kept = [
            name + b": " + (_UPGRADE.sub(b"", value) if name == b"connection" else value)
            for name, value in self.headers
            if name not in (b"upgrade", b"http2-settings")
        ]
        return b"\r\n".join([self._request_line, *kept, b"", b""])
