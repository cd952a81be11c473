"""The public port of a function that may not run.

Part of activator and queue-proxy: the request waits for an instance, 503 where too many wait, 504
after the revision's timeoutSeconds. Responses are passed on as they come.
"""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web
from yarl import URL

from local_dev.serving.breaker import QueueFullError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_dev.serving.autoscaler import Autoscaler

HOST = "127.0.0.1"
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
ADDED_BY_AIOHTTP = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
PIECE = 64 * 1024
CLOSING_S = 2.0


class Gateway:
    """Listens on a function's public port."""

    def __init__(self, host: Autoscaler, port: int) -> None:
        self._host = host
        self._port = port
        server = web.Server(self._pass_on, access_log=None)
        self._runner = web.ServerRunner(server, shutdown_timeout=CLOSING_S)
        self._client: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Listen. Raise OSError if the port is taken."""
        self._client = aiohttp.ClientSession(
            auto_decompress=False,
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=None),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, self._port).start()

    async def close(self) -> None:
        """Stop listening."""
        await self._runner.cleanup()
        if self._client is not None:
            await self._client.close()

    async def _pass_on(self, request: web.BaseRequest) -> web.StreamResponse:
        timeout_s = self._host.service.timeout_s
        body = await request.content.read()  # whatever its size: Knative sets no limit either
        try:
            async with asyncio.timeout(timeout_s) as limit, self._host.requests.admit() as instance:
                return await self._through(request, body, instance.port, limit)
        except QueueFullError:
            return web.Response(status=503, text="pending request queue full")
        except TimeoutError:
            return web.Response(status=504, text=f"no response within {timeout_s:g} s")
        except aiohttp.ClientConnectionError as error:
            return web.Response(status=502, text=f"the function broke off: {error}")

    async def _through(
        self, request: web.BaseRequest, body: bytes, port: int, limit: asyncio.Timeout
    ) -> web.StreamResponse:
        assert self._client is not None
        url = f"http://{HOST}:{port}{request.raw_path}"
        async with self._client.request(
            request.method,
            URL(url, encoded=True),
            headers=_end_to_end(request.headers),
            skip_auto_headers=ADDED_BY_AIOHTTP,
            data=io.BytesIO(body) if body else None,
            allow_redirects=False,
        ) as response:
            limit.reschedule(None)  # the revision's timeout is one for the first byte
            passed = web.StreamResponse(status=response.status, reason=response.reason)
            for name, value in _end_to_end(response.headers):
                passed.headers.add(name, value)
            await passed.prepare(request)
            async for piece in response.content.iter_chunked(PIECE):
                await passed.write(piece)
            await passed.write_eof()
            return passed


def _end_to_end(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers.items() if name.lower() not in HOP_BY_HOP]
