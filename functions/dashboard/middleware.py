"""What does every answer of the dashboard get? Headers that protect a browser, and a count.

`application` wraps the routes in it.
"""

import time
from collections.abc import MutableMapping
from typing import Any, Final

from shared import metrics
from shared.serving.application import ASGI, Receive, Scope, Send

# A page may load and ask this function alone, and nobody may frame it: device names and messages
# in it come from strangers.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = [
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
_ANSWERS_CHANGE: Final = (b"cache-control", b"no-store")


class Edge:
    """Passes requests to the routes, completes their answers and counts them."""

    def __init__(self, routes: ASGI) -> None:
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = 500  # what a request without an answer ends as

        async def completed(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), *_HEADERS]
                if not any(name == b"cache-control" for name, _ in message["headers"]):
                    message["headers"].append(_ANSWERS_CHANGE)
            await send(message)

        started = time.perf_counter()
        try:
            await self._routes(scope, receive, completed)
        finally:
            route = _route_of(scope)
            metrics.dashboard_requests.labels(route, str(status)).inc()
            metrics.dashboard_seconds.labels(route).observe(time.perf_counter() - started)


def _route_of(scope: Scope) -> str:
    """Give the route's template, never the path: paths hold device ids."""
    template = getattr(scope.get("route"), "path", None)
    return template if isinstance(template, str) else "none"
