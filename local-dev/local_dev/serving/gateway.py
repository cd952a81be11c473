"""The public port of a function that may not run.

Part of activator and queue-proxy: the request waits for an instance, 503 where too many wait, 504
after the revision's timeoutSeconds. A scrape of /metrics waits for nothing and starts nothing, as a
cluster scrapes pods and not Services.
"""

from __future__ import annotations

import asyncio
import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import web
from multidict import CIMultiDict

from local_dev.options import LOOPBACK
from local_dev.serving.breaker import QueueFullError
from local_dev.serving.event_stream import asks_for_events, pass_on_events
from local_dev.wire.http_client import NoResponseError
from local_dev.wire.server_log import server_log

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from local_dev.serving.autoscaler import Autoscaler
    from local_dev.serving.instance import FunctionInstance

METRICS = "/metrics"
HOP_BY_HOP = frozenset(  # RFC 9110, 7.6.1
    {
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
SET_ANEW = frozenset({"content-length", "expect"})
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
CLOSING_S = 2.0


class Gateway:
    """Listens on a function's public port, at `address`."""

    def __init__(self, host: Autoscaler, port: int, address: str = LOOPBACK) -> None:
        self._host = host
        self._port = port
        self._address = address
        server = web.Server(
            self._pass_on,
            access_log=None,
            auto_decompress=False,
            handler_cancellation=True,  # a client that goes away gives its place back
            logger=server_log,
        )
        self._runner = web.ServerRunner(server, shutdown_timeout=CLOSING_S)

    async def open(self) -> None:
        """Listen. Raise OSError if the port is taken."""
        await self._runner.setup()
        await web.TCPSite(self._runner, self._address, self._port).start()

    async def close(self) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    async def _pass_on(self, request: web.BaseRequest) -> web.StreamResponse:
        target, authority = _origin_form(request.raw_path)
        if target is None:
            return web.Response(status=400, text="the target is neither a path nor an http URL")
        return await self._admit(request, target, authority)

    async def _admit(
        self, request: web.BaseRequest, target: str, authority: str | None
    ) -> web.StreamResponse:
        if request.headers.get("expect", "").lower() == "100-continue":
            await request.writer.write(CONTINUE)
        body = await request.content.read()  # whatever its size: Knative sets no limit either
        head = _head(request, target, authority)
        timeout_s = self._host.service.timeout_s
        try:
            if target.partition("?")[0] == METRICS:
                return await self._scrape(head, timeout_s)
            async with asyncio.timeout(timeout_s) as limit, self._host.requests.admit() as instance:
                if not asks_for_events(request):
                    return await _through(instance, head, body, timeout_s)
                limit.reschedule(None)  # a stream has its own: no 504 once it has begun
                address = instance.pool.address
                return await pass_on_events(request, address, target, _kept, timeout_s)
        except QueueFullError:
            return web.Response(status=503, text="pending request queue full")
        except TimeoutError:
            return web.Response(status=504, text=f"no response within {timeout_s:g} s")
        except NoResponseError as error:
            return web.Response(status=502, text=f"the function broke off: {error}")

    async def _scrape(self, head: bytes, timeout_s: float) -> web.Response:
        instance = self._host.ready_instance
        if instance is None:
            return web.Response(status=503, text="no instance runs, and a scrape starts none")
        return await _through(instance, head, b"", timeout_s)


def _origin_form(target: str) -> tuple[str | None, str | None]:
    """Return the path and query of a request target, and the authority of one in absolute form."""
    if target.startswith("/"):
        return target, None
    parts = urlsplit(target)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return None, None
    path = parts.path or "/"
    return f"{path}?{parts.query}" if parts.query else path, parts.netloc


def _head(request: web.BaseRequest, target: str, authority: str | None) -> bytes:
    lines = [f"{request.method} {target} HTTP/1.1".encode(), *forwarded_for(request.remote)]
    if authority is not None:  # RFC 9112, 3.2.2: it wins over Host
        lines.append(f"host: {authority}".encode())
    left_out = HOP_BY_HOP | SET_ANEW | ({"host"} if authority is not None else set())
    for name, value in request.raw_headers:
        if name.decode("latin-1").lower() not in left_out:
            lines.append(b"%s: %s" % (name, value))
    return b"\r\n".join([*lines, b""])


def forwarded_for(peer: str | None) -> list[bytes]:
    """Return the header that queue-proxy adds, for who comes over the network: no metrics then."""
    if peer is None or ipaddress.ip_address(peer).is_loopback:
        return []
    return [f"x-forwarded-for: {peer}".encode()]


async def _through(
    instance: FunctionInstance, head: bytes, body: bytes, timeout_s: float
) -> web.Response:
    response = await instance.pool.send(head, body, timeout_s + CLOSING_S)  # 504 comes before it
    return web.Response(
        status=response.status, headers=_end_to_end(response.headers), body=response.body
    )


def _end_to_end(headers: Iterable[tuple[str, str]]) -> CIMultiDict[str]:
    return CIMultiDict((name, value) for name, value in headers if name.lower() not in HOP_BY_HOP)


def _kept(headers: Mapping[str, str]) -> CIMultiDict[str]:
    return _end_to_end((name, value) for name, value in headers.items())
