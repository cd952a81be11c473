"""The sink that is a function on this machine, known by its name in the cluster.

It has the same breaker as the function's public port; only the way over a socket to it is saved.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from local_dev.eventing.sink import request_head
from local_dev.serving.breaker import QueueFullError
from local_dev.wire.http_client import NoResponseError
from local_dev.wire.http_parser import Response

if TYPE_CHECKING:
    from local_dev.serving.autoscaler import Autoscaler
    from local_dev.wire.event_request import EventRequest

QUEUE_FULL = Response(503, (), b"pending request queue full")  # queue-proxy's words


class FunctionSink:
    """A sink that is a Knative Service on this machine."""

    def __init__(self, host: Autoscaler, namespace: str) -> None:
        self._name = f"{host.service.name}.{namespace}.svc.cluster.local"
        self.url = f"http://{self._name}"
        self._host = host

    async def send(self, request: EventRequest, timeout_s: float) -> Response:
        """Send a POST; the wait for an instance counts. Raise NoResponseError."""
        head = request_head("POST", "/", self._name, request)
        limit_s = min(timeout_s, self._host.service.timeout_s)
        try:
            async with asyncio.timeout(limit_s), self._host.requests.admit() as instance:
                return await instance.pool.send(head, request.body, limit_s, request.trace.header)
        except QueueFullError:
            return QUEUE_FULL
        except TimeoutError as error:
            if limit_s < timeout_s:
                return Response(504, (), b"request timeout")  # of the revision's timeoutSeconds
            raise NoResponseError(f"no response within {timeout_s:g} s") from error
