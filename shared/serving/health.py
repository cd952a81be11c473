"""Health and metrics: the paths that every function responds to in the same way."""

from http import HTTPStatus
from typing import Final

from prometheus_client import REGISTRY
from prometheus_client.exposition import choose_encoder

from shared.serving.function import Function
from shared.serving.http import HttpResponse, json_response, problem

_PATHS: Final = ("/health", "/health/live", "/health/ready", "/metrics")


def health_or_metrics(
    function: Function, method: str, path: str, accept: str
) -> HttpResponse | None:
    """Return the response to a health or metrics path; None for any other path."""
    if path not in _PATHS:
        return None
    if method not in ("GET", "HEAD"):
        return problem(
            HTTPStatus.METHOD_NOT_ALLOWED, f"{path} is read with GET", [("allow", "GET, HEAD")]
        )
    if path == "/metrics":
        encode, content_type = choose_encoder(accept)
        return HttpResponse(HTTPStatus.OK, encode(REGISTRY), content_type)
    reason = function.not_ready()
    if path == "/health/ready" and reason is not None:
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, reason)
    return json_response(
        HTTPStatus.OK, {"status": "ok", "function": function.name, "ready": reason is None}
    )
