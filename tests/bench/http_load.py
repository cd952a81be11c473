"""A light HTTP load: as many connections as asked for, each with one request under way.

A connection is a protocol that writes the next request when the response to the last one is
complete, so that the generator costs little beside what it measures.
"""

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from shared.readings.reading_event import Record
from tests.bench.sink import length_in
from tests.support.readings import request_headers

_HEAD_END: Final = b"\r\n\r\n"
_PATIENCE_S: Final = 30.0


@dataclass(slots=True)
class Load:
    """What came of a load: the seconds of each request, and how often each status came."""

    seconds: float = 0.0
    took: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.took) / self.seconds

    @property
    def p50_ms(self) -> float:
        return 1000 * statistics.median(self.took)

    @property
    def p99_ms(self) -> float:
        return 1000 * statistics.quantiles(self.took, n=100)[98]


def request_bytes(path: str, body: bytes, content_type: str = "application/json") -> bytes:
    """Return a POST of that body as it goes over the wire."""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: {content_type}\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def get_bytes(path: str) -> bytes:
    """Return a GET as it goes over the wire."""
    return f"GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n".encode()


def event_bytes(record: Record) -> bytes:
    """Return the POST that KafkaSource makes of a record."""
    headers = b"".join(b"%b: %b\r\n" % pair for pair in request_headers(record))
    return b"POST / HTTP/1.1\r\nhost: bench\r\n%bcontent-length: %d\r\n\r\n%b" % (
        headers,
        len(record.value),
        record.value,
    )


async def load(port: int, bodies: Callable[[], bytes], connections: int, seconds: float) -> Load:
    """Post what `bodies` returns over and over, for so many seconds; return what came of it."""
    result = Load()
    loop = asyncio.get_running_loop()
    end = time.perf_counter() + seconds
    started = time.perf_counter()
    opened: list[_Connection] = []
    for _ in range(connections):
        _, connection = await loop.create_connection(
            lambda: _Connection(result, bodies, end), "127.0.0.1", port
        )
        opened.append(connection)
    async with asyncio.timeout(seconds + _PATIENCE_S):
        await asyncio.gather(*(connection.ended for connection in opened))
    result.seconds = time.perf_counter() - started
    return result


class _Connection(asyncio.Protocol):
    def __init__(self, result: Load, bodies: Callable[[], bytes], end: float) -> None:
        self._result = result
        self._bodies = bodies
        self._end = end
        self._received = b""
        self._transport: asyncio.Transport | None = None
        self._began = 0.0
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._post()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, rest = self._received.partition(_HEAD_END)
        if not found or len(rest) < length_in(head):
            return
        self._received = b""
        now = time.perf_counter()
        self._result.took.append(now - self._began)
        self._result.statuses[int(head[9:12])] += 1
        if now < self._end:
            self._post()
        else:
            self._close()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(error or ConnectionError("closed in the midst of a request"))

    def _post(self) -> None:
        assert self._transport is not None
        self._began = time.perf_counter()
        self._transport.write(self._bodies())

    def _close(self) -> None:
        assert self._transport is not None
        self.ended.set_result(None)
        self._transport.close()


def median_of(loads: Sequence[Load], figure: Callable[[Load], float]) -> float:
    """Return the median of a figure over several rounds."""
    return statistics.median(figure(one) for one in loads)
