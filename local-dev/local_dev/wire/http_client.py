"""A small HTTP/1.1 client that sends header bytes as they are given and keeps connections alive.

At most 100 are open to one address (maxPoolSize of config-kafka-source-data-plane).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_dev.wire.http_connection import HttpConnection
from local_dev.wire.http_parser import BrokenResponseError

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_dev.wire.http_parser import Response

MAX_CONNECTIONS = 100


class NoResponseError(Exception):
    """No response came: refused, reset, or not within the timeout."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect."""

    host: str
    port: int


class ConnectionPool:
    """The connections to one address. Use it in one event loop."""

    def __init__(self, address: Address, limit: int = MAX_CONNECTIONS) -> None:
        self.address = address
        self._places = asyncio.Semaphore(limit)
        self._idle: list[HttpConnection] = []

    async def send(
        self,
        head: bytes,
        body: bytes,
        timeout_s: float,
        late_headers: Callable[[], bytes] = bytes,
    ) -> Response:
        """Send one request and return its response. Raise NoResponseError.

        `head` is the request line and headers, each line ended; the content length is added here,
        and `late_headers()` when the request is written.
        """
        try:
            async with asyncio.timeout(timeout_s), self._places:
                connection = await self._take()
                try:
                    return await connection.exchange(head + late_headers(), body)
                finally:
                    self._put_back(connection)
        except TimeoutError as error:
            raise NoResponseError(f"no response within {timeout_s:g} s") from error
        except (OSError, BrokenResponseError) as error:
            raise NoResponseError(str(error) or type(error).__name__) from error

    def close(self) -> None:
        """Close the connections that wait for a next request."""
        while self._idle:
            self._idle.pop().close()

    async def _take(self) -> HttpConnection:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable:
                return connection
        _, connection = await asyncio.get_running_loop().create_connection(
            HttpConnection, self.address.host, self.address.port
        )
        return connection

    def _put_back(self, connection: HttpConnection) -> None:
        if connection.is_usable:
            self._idle.append(connection)
        else:
            connection.close()
