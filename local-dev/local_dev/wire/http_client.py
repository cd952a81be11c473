"""How does a request get to a sink and its answer back? The bridge sends every event with this.

A small HTTP/1.1 client: header bytes go out as they are given, connections are kept alive, and
at most 100 are open to one address (maxPoolSize of config-kafka-source-data-plane).
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_dev.wire.http_connection import HttpConnection
from local_dev.wire.http_parser import Answer, BrokenAnswerError

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_CONNECTIONS = 100

__all__ = ["Address", "Answer", "ConnectionPool", "NoAnswerError", "no_late_headers"]


class NoAnswerError(Exception):
    """No answer came: refused, reset, or not within the timeout."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect."""

    host: str
    port: int


def no_late_headers() -> bytes:
    """Nothing to add at the moment of writing."""
    return b""


class ConnectionPool:
    """The connections to one address. Use it in one event loop."""

    def __init__(self, address: Address, limit: int = MAX_CONNECTIONS) -> None:
        self.address = address
        self._limit = limit
        self._open = 0
        self._idle: list[HttpConnection] = []
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def send(
        self,
        head: bytes,
        body: bytes,
        timeout_s: float,
        late_headers: Callable[[], bytes] = no_late_headers,
    ) -> Answer:
        """Send one request and return its answer.

        `head` is the request line and headers, each line ended; the content length is added here,
        and `late_headers()` when the request is written. Raises NoAnswerError.
        """
        try:
            async with asyncio.timeout(timeout_s):
                connection = await self._take()
                try:
                    answer = await connection.exchange(head + late_headers(), body)
                finally:
                    self._give_back(connection)
                return answer
        except TimeoutError as error:
            raise NoAnswerError(f"no answer within {timeout_s:g} s") from error
        except (OSError, BrokenAnswerError) as error:
            raise NoAnswerError(str(error) or type(error).__name__) from error

    def close(self) -> None:
        """Close the connections that wait for a next request."""
        while self._idle:
            self._idle.pop().close()

    async def _take(self) -> HttpConnection:
        while True:
            while self._idle:
                connection = self._idle.pop()
                if connection.is_usable:
                    return connection
                self._open -= 1
            if self._open < self._limit:
                return await self._connect()
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            finally:
                if turn.cancelled():
                    self._waiting.remove(turn)

    async def _connect(self) -> HttpConnection:
        self._open += 1
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                HttpConnection, self.address.host, self.address.port
            )
        except BaseException:
            self._open -= 1
            self._wake_next()
            raise
        return connection

    def _give_back(self, connection: HttpConnection) -> None:
        if connection.is_usable:
            self._idle.append(connection)
        else:
            connection.close()
            self._open -= 1
        self._wake_next()

    def _wake_next(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
