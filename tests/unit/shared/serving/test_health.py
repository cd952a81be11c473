"""Health and metrics: all to whoever reads a function's own port, little through a public route."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import metrics  # noqa: F401 - what is served
from shared.serving.health import health_or_metrics
from shared.serving.http import HttpResponse

ADDRESS = "the database: mongo-0.mongo.svc:27017: connection refused"
THROUGH_A_PROXY = [
    # queue-proxy is Go's ReverseProxy, which always adds this, and Knative adds `Forwarded` to it.
    [(b"x-forwarded-for", b"203.0.113.9, 10.0.0.3")],
    [(b"forwarded", b"for=203.0.113.9")],
    [(b"x-forwarded-for", b"")],
    [(b"accept", b"text/plain"), (b"forwarded", b"for=_hidden"), (b"x-forwarded-for", b"::1")],
]
DIRECT: list[list[tuple[bytes, bytes]]] = [
    [],
    [(b"accept", b"application/openmetrics-text"), (b"user-agent", b"Prometheus/3")],
    [(b"x-forwarded-proto", b"http"), (b"x-request-id", b"1")],  # a mesh's sidecar adds these
]


class NotReady:
    name = "echo"

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    def not_ready(self) -> str | None:
        return ADDRESS


def respond(path: str, headers: list[tuple[bytes, bytes]], method: str = "GET") -> HttpResponse:
    response = health_or_metrics(NotReady(), method, path, headers)
    assert response is not None
    return response


@pytest.mark.parametrize("headers", DIRECT)
def test_metrics_are_read_at_the_function_s_own_port(headers: list[tuple[bytes, bytes]]) -> None:
    assert b"# TYPE iot_events" in respond("/metrics", headers).body


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("headers", THROUGH_A_PROXY)
def test_metrics_are_not_on_the_public_route(
    headers: list[tuple[bytes, bytes]], method: str
) -> None:
    response = respond("/metrics", headers, method)

    assert (response.status, response.content_type) == (404, "application/problem+json")
    assert b"iot_" not in response.body


@pytest.mark.parametrize("headers", DIRECT)
def test_a_direct_request_reads_why_the_function_is_not_ready(
    headers: list[tuple[bytes, bytes]],
) -> None:
    response = respond("/health/ready", headers)

    assert response.status == 503
    assert ADDRESS.encode() in response.body


@pytest.mark.parametrize("headers", THROUGH_A_PROXY)
@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready"])
def test_the_public_reads_that_and_not_why_a_function_is_not_ready(
    path: str, headers: list[tuple[bytes, bytes]]
) -> None:
    response = respond(path, headers)

    assert response.status == (503 if path == "/health/ready" else 200)
    assert b"mongo-0" not in response.body


@given(st.text().filter(lambda path: not path.startswith(("/health", "/metrics"))))
def test_any_other_path_is_the_function_s_own(path: str) -> None:
    assert health_or_metrics(NotReady(), "GET", path, []) is None
