"""The middleware around all routes: headers that protect a browser, and a count of responses."""

import time
from collections.abc import MutableMapping
from typing import Any, Final

from shared import metrics
from shared.serving.application import ASGI, Receive, Scope, Send

# A page may load from this function alone, and nobody may frame it: device names and messages in it
# come from strangers.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = [
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
_UNLESS_STATED: Final = (b"cache-control", b"no-store")  # what is stored changes by the second


class ResponseMiddleware:
    """Passes requests to the routes, completes their responses and counts them."""

    def __init__(self, routes: ASGI) -> None:
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = 500  # what a request without a response ends as

        async def send_completed(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), *_HEADERS]
                if not any(name == b"cache-control" for name, _ in message["headers"]):
                    message["headers"].append(_UNLESS_STATED)
            await send(message)

        started = time.perf_counter()
        try:
            await self._routes(scope, receive, send_completed)
        finally:
            route = _route_of(scope)
            metrics.dashboard_requests.labels(route, str(status)).inc()
            metrics.dashboard_seconds.labels(route).observe(time.perf_counter() - started)


def _route_of(scope: Scope) -> str:
    """Return the route's template, never the path: paths hold device ids."""
    template = getattr(scope.get("route"), "path", None)
    return template if isinstance(template, str) else "none"
