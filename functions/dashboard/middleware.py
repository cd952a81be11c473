"""The middleware around all routes: plain forms in, complete and counted responses out."""

import time
from collections.abc import MutableMapping, Sequence
from typing import Any, Final

from functions.dashboard.request_forms import plain_form
from shared import metrics
from shared.serving.application import ASGI, Receive, Scope, Send
from shared.serving.cors import CorsPolicy, cors_headers

# A page may load from this function alone, and nobody may frame it: device names and messages in it
# come from strangers.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS: Final = [
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),  # with none, a browser hides the origin of our own forms
]
_UNLESS_STATED: Final = (b"cache-control", b"no-store")  # what is stored changes by the second
_READABLE: Final = ("link", "etag", "retry-after")  # by pages of other origins


class ResponseMiddleware:
    """Passes requests to the routes, completes their responses and counts them.

    Pages of the `origins` may read the responses, and write.
    """

    def __init__(
        self,
        routes: ASGI,
        origins: Sequence[str] = (),
        *,
        takes_credentials: bool = False,
    ) -> None:
        sent = ["authorization"] if takes_credentials else []
        self._routes = routes
        self._cors = CorsPolicy(
            frozenset(origins),
            ("GET", "HEAD", "POST", "DELETE"),
            request_headers=(*sent, "content-type"),
            response_headers=_READABLE,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = 500  # what a request without a response ends as
        request = plain_form(scope)

        async def send_completed(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._completed(scope, message.get("headers", []))
                if _is_stream(message["headers"]):
                    observe_once()
            elif scope["method"] == "HEAD":
                message["body"] = b""
            await send(message)

        started = time.perf_counter()
        is_observed = False

        def observe_once() -> None:
            nonlocal is_observed
            if not is_observed:
                seconds = time.perf_counter() - started
                metrics.dashboard_seconds.labels(_route_of(request)).observe(seconds)
            is_observed = True

        try:
            await self._routes(request, receive, send_completed)
        finally:
            metrics.dashboard_requests.labels(_route_of(request), str(status)).inc()
            observe_once()

    def _completed(
        self, scope: Scope, headers: Sequence[tuple[bytes, bytes]]
    ) -> list[tuple[bytes, bytes]]:
        cors = cors_headers(self._cors, scope["method"], scope["headers"])
        added = [(name.encode(), value.encode()) for name, value in cors]
        completed = [*headers, *_HEADERS, *added]
        if not any(name == b"cache-control" for name, _ in completed):
            completed.append(_UNLESS_STATED)
        return completed


def _is_stream(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """Return whether it is a stream of events: it lasts as long as its client looks."""
    return any(name == b"content-type" and b"event-stream" in value for name, value in headers)


def _route_of(scope: Scope) -> str:
    """Return the route's template, never the path: paths hold device ids."""
    template = getattr(scope.get("route"), "path", None)
    return template if isinstance(template, str) else "none"
