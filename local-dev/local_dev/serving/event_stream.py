"""Server-sent events through the gateway: passed on as they come, where other responses are whole.

As queue-proxy does it: the revision's timeoutSeconds cuts a stream off that has not ended by then.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import ClientError, ClientSession, ClientTimeout, web
from yarl import URL

from local_dev.wire.http_client import NoResponseError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local_dev.wire.http_client import Address

CONNECT_S = 5.0
EVENT_STREAM = "text/event-stream"


def asks_for_events(request: web.BaseRequest) -> bool:
    """Return whether the client reads server-sent events, as EventSource says it does."""
    return request.method == "GET" and EVENT_STREAM in request.headers.get("accept", "")


async def pass_on_events(
    request: web.BaseRequest,
    address: Address,
    target: str,
    end_to_end: Callable[[Mapping[str, str]], Mapping[str, str]],
    timeout_s: float,
) -> web.StreamResponse:
    """Pass the request to an instance, and its response back as it comes.

    Raise NoResponseError where there is none.
    """
    url = URL(f"http://{address.host}:{address.port}{target}", encoded=True)
    limits = ClientTimeout(total=None, sock_connect=CONNECT_S)
    try:
        async with (
            ClientSession(timeout=limits, auto_decompress=False) as session,
            session.get(url, headers=end_to_end(request.headers)) as found,
        ):
            response = web.StreamResponse(status=found.status, headers=end_to_end(found.headers))
            await response.prepare(request)
            try:
                async with asyncio.timeout(timeout_s):
                    async for part in found.content.iter_any():
                        await response.write(part)
            except (TimeoutError, ClientError):
                response.force_close()
            return response
    except ClientError as error:
        raise NoResponseError(str(error)) from error
