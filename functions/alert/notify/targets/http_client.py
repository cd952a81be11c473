"""The HTTP client of notices: one POST, no redirects, no proxy, and only to permitted addresses.

On httpcore: it is below redirects and proxies, and lets us choose the address that is connected to.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore

from functions.alert.notify.retrying import Answer
from functions.alert.notify.targets.addresses import RefusedAddressError, permitted
from functions.alert.notify.targets.target import Request

TIMEOUT_S: Final = 15.0
_MOST_BODY: Final = 300  # bytes of an answer, for people
_MOST_CONNECTIONS: Final = 20
_REFUSED: Final = 403  # what an address that is refused counts as: it will be the same again

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


async def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a name, in the order of the system's resolver; raise OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class HttpClient:
    """Two pools of connections: one for targets that may be in our networks, one for the others."""

    def __init__(self, resolve: Resolve = resolve, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._pools = {
            allow_private: httpcore.AsyncConnectionPool(
                max_connections=_MOST_CONNECTIONS,
                max_keepalive_connections=_MOST_CONNECTIONS,
                keepalive_expiry=5.0,
                network_backend=_PinnedBackend(resolve, allow_private=allow_private),
            )
            for allow_private in (False, True)
        }

    async def close(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            await pool.aclose()

    async def post(self, request: Request) -> Answer:
        """Send the request, and return what came of it within 15 s in all; raise nothing."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._post(request)
        except RefusedAddressError as refused:
            return Answer(_REFUSED, str(refused))
        except TimeoutError:
            return Answer(None, f"no answer in {self._timeout_s:g} s")
        except (
            httpcore.NetworkError,
            httpcore.ProtocolError,
            httpcore.TimeoutException,
            OSError,
        ) as error:
            return Answer(None, f"{type(error).__name__}: {error}"[:_MOST_BODY])

    async def _post(self, request: Request) -> Answer:
        headers = [(name.encode(), value.encode("latin-1")) for name, value in request.headers]
        host = urlsplit(request.url).netloc
        headers += [(b"host", host.encode()), (b"user-agent", b"iot-telemetry")]
        limits = dict.fromkeys(("connect", "read", "write", "pool"), self._timeout_s)
        pool = self._pools[request.allow_private]
        async with pool.stream(
            "POST",
            request.url,
            headers=headers,
            content=request.body,
            extensions={"timeout": limits},
        ) as response:
            fields = {name.lower(): value for name, value in response.headers}
            retry_after = fields.get(b"retry-after")
            return Answer(
                response.status,
                f"{response.status} {await _beginning_of(response)}".strip(),
                None if retry_after is None else retry_after.decode("latin-1"),
            )


async def _beginning_of(response: httpcore.Response) -> str:
    """Return the beginning of the body; the rest of it is not read, however much it is."""
    begun = b""
    async for chunk in response.aiter_stream():
        begun += chunk
        if len(begun) >= _MOST_BODY:
            break
    return begun[:_MOST_BODY].decode("utf-8", "replace")


class _PinnedBackend(httpcore.AsyncNetworkBackend):
    """Resolves a name once, checks its addresses, and connects to the one that was checked."""

    def __init__(self, resolve: Resolve, *, allow_private: bool) -> None:
        self._resolve = resolve
        self._allow_private = allow_private
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature of httpcore
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._resolve(host.strip("[]"), port)
        address = permitted(host, addresses, allow_private=self._allow_private)
        return await self._backend.connect_tcp(
            address, port, timeout, local_address, socket_options
        )
