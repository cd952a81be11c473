"""A sink that acknowledges each event after a time, and counts: `python -m tests.bench.sink`.

GET returns how many events it has acknowledged. It is a protocol of its own, so that it costs
little beside what delivers to it.
"""

import argparse
import asyncio
import signal
from typing import Final, cast

import uvloop

_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length: "
_ACKNOWLEDGED: Final = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"


class Sink(asyncio.Protocol):
    """One connection. `acknowledged` is of all."""

    acknowledged = 0

    def __init__(self, delay_s: float) -> None:
        self._delay_s = delay_s
        self._received = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while self._take_request():
            pass

    def _take_request(self) -> bool:
        head, found, rest = self._received.partition(_HEAD_END)
        length = length_in(head)
        if not found or len(rest) < length:
            return False
        self._received = rest[length:]
        if head.startswith(b"GET"):
            body = str(Sink.acknowledged).encode()
            self._write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
        elif self._delay_s:
            asyncio.get_running_loop().call_later(self._delay_s, self._acknowledge)
        else:
            self._acknowledge()
        return True

    def _acknowledge(self) -> None:
        Sink.acknowledged += 1
        self._write(_ACKNOWLEDGED)

    def _write(self, response: bytes) -> None:
        assert self._transport is not None
        self._transport.write(response)


def length_in(head: bytes) -> int:
    """Return the Content-Length of a head, 0 where it has none."""
    lowered = head.lower()
    start = lowered.find(_LENGTH)
    return int(lowered[start + len(_LENGTH) :].split(b"\r\n", 1)[0]) if start >= 0 else 0


async def _serve(port: int, delay_s: float) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    server = await loop.create_server(lambda: Sink(delay_s), "127.0.0.1", port)
    await stopped.wait()
    server.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--delay-ms", type=float, default=0.0)
    given = parser.parse_args()
    uvloop.run(_serve(given.port, given.delay_ms / 1000))
