"""Health and metrics: the paths that every function responds to in the same way.

A container has one port on Knative, so the public route leads to these paths too. What came through
it gets no metrics and no reasons, which name hosts: Prometheus and people in the cluster read the
container's own port.
"""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Final

from prometheus_client import REGISTRY
from prometheus_client.exposition import choose_encoder

from shared.serving.function import Function
from shared.serving.http import HttpResponse, json_response, problem

# queue-proxy adds both, whatever a client sends (Go's ReverseProxy, and Knative's
# ForwardedShimHandler), and any other proxy one of them by habit. A client that adds one without a
# proxy hides metrics from itself only.
_PROXY_HEADERS: Final = frozenset({b"forwarded", b"x-forwarded-for"})
_PATHS: Final = ("/health", "/health/live", "/health/ready", "/metrics")


def health_or_metrics(
    function: Function,
    method: str,
    path: str,
    headers: Iterable[tuple[bytes, bytes]],
    access: str | None = None,
) -> HttpResponse | None:
    """Return the response to a health or metrics path; None for any other path.

    `headers` as ASGI gives them: names in lower case. `access`, open or closed, is told where it
    is known.
    """
    if path not in _PATHS:
        return None
    if method not in ("GET", "HEAD"):
        return problem(
            HTTPStatus.METHOD_NOT_ALLOWED, f"{path} is read with GET", [("allow", "GET, HEAD")]
        )
    given = dict(headers)
    is_public = not _PROXY_HEADERS.isdisjoint(given)
    if path == "/metrics":
        return _metrics(given.get(b"accept", b"").decode("latin-1"), is_public=is_public)
    reason = function.not_ready()
    if path == "/health/ready" and reason is not None:
        shown = "not ready; the log states the reason" if is_public else reason
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, shown)
    told = {} if access is None else {"access": access}
    return json_response(
        HTTPStatus.OK, {"status": "ok", "function": function.name, "ready": reason is None, **told}
    )


def _metrics(accept: str, *, is_public: bool) -> HttpResponse:
    if is_public:
        detail = "metrics are read at the function's own port, not through a proxy"
        return problem(HTTPStatus.NOT_FOUND, detail)
    encode, content_type = choose_encoder(accept)
    return HttpResponse(HTTPStatus.OK, encode(REGISTRY), content_type)
