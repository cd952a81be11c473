"""The sinks of events: what each can do, and those that are URLs on the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from urllib.parse import urljoin, urlsplit

from local_dev.wire.http_client import Address, ConnectionPool, NoResponseError
from local_dev.wire.http_parser import Response

if TYPE_CHECKING:
    from local_dev.wire.event_request import EventRequest

SEE_OTHER = 303
MAX_REDIRECTS = 16  # of Vert.x


class EventSink(Protocol):
    """A sink. `url` is its name in the cluster, which dead letters report."""

    @property
    def url(self) -> str: ...

    async def send(self, request: EventRequest, timeout_s: float) -> Response:
        """Send a POST and return the response. Raise NoResponseError."""
        ...


class UrlSink:
    """A sink behind a URL, which may be known under another URL in the cluster."""

    def __init__(self, address_url: str, reported_url: str | None = None) -> None:
        self.url = reported_url or address_url
        self._address_url = address_url
        self._pools: dict[Address, ConnectionPool] = {}

    async def send(self, request: EventRequest, timeout_s: float) -> Response:
        """Send a POST; as Vert.x does, follow 303 by a GET with the same headers and body."""
        method, url = "POST", self._address_url
        for _ in range(MAX_REDIRECTS):
            response = await self._send_to(method, url, request, timeout_s)
            location = response.header("location")
            if response.status != SEE_OTHER or location is None:
                return response
            method, url = "GET", urljoin(url, location)
        return response

    def close(self) -> None:
        """Close the idle connections."""
        for pool in self._pools.values():
            pool.close()

    async def _send_to(
        self, method: str, url: str, request: EventRequest, timeout_s: float
    ) -> Response:
        parts = urlsplit(url)
        if parts.hostname is None or parts.scheme != "http":
            raise NoResponseError(f"{url} is no http address")
        address = Address(parts.hostname, parts.port or 80)
        pool = self._pools.setdefault(address, ConnectionPool(address))
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        host = urlsplit(self.url).netloc if url == self._address_url else parts.netloc
        head = request_head(method, target, host, request)
        return await pool.send(head, request.body, timeout_s, request.trace.header)


def request_head(method: str, target: str, host: str, request: EventRequest) -> bytes:
    """Return request line, host and the event's headers."""
    return f"{method} {target} HTTP/1.1\r\nhost: {host}\r\n".encode("latin-1") + request.headers
