"""HEAD wherever GET is; OPTIONS says what there is; every other method is refused."""

from collections.abc import Callable

import httpx
import pytest

Send = Callable[..., httpx.Response]
STATIC = ["/", "/docs", "/openapi.json", "/assets/page.css", "/assets/page.js", "/assets/icon.svg"]
FROM_THE_DATABASE = [
    "/stats", "/telemetry", "/aggregated", "/alerts", "/alerts/recent", "/devices",
    "/alerts/a", "/dead-letters", "/devices/d/telemetry", "/devices/d/aggregates",
    "/receipts/" + "0" * 44,
]  # fmt: skip
ROUTES = [*STATIC, *FROM_THE_DATABASE, *(f"/v1{path}" for path in FROM_THE_DATABASE)]


@pytest.mark.parametrize("accept", ["*/*", "text/html"])
@pytest.mark.parametrize("path", [*ROUTES, "/health", "/metrics", "/nope", "/telemetry?limit=0"])
def test_head_is_get_without_its_body(send: Send, path: str, accept: str) -> None:
    get = send("GET", path, {"accept": accept})
    head = send("HEAD", path, {"accept": accept})

    assert head.status_code == get.status_code
    assert head.content == b""
    assert set(head.headers) == set(get.headers)
    assert head.headers.get("content-type") == get.headers.get("content-type")


@pytest.mark.parametrize("path", STATIC)
def test_head_states_the_length_of_what_get_returns(send: Send, path: str) -> None:
    head, get = send("HEAD", path), send("GET", path)

    assert head.headers["content-length"] == str(len(get.content))


def test_a_head_with_a_body_is_a_head(send: Send) -> None:
    response = send("HEAD", "/", {"content-length": "7"})

    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize("path", ROUTES)
def test_options_states_the_methods_of_a_route(send: Send, path: str) -> None:
    response = send("OPTIONS", path)

    assert response.status_code == 204
    assert response.headers["allow"] == "GET, HEAD, OPTIONS"
    assert response.content == b""
    assert "content-type" not in response.headers


@pytest.mark.parametrize("method", ["OPTIONS", "HEAD", "POST"])
def test_a_route_that_is_not_there_is_a_404_by_any_method(send: Send, method: str) -> None:
    assert send(method, "/nope").status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("path", ["/", "/telemetry", "/v1/stats", "/assets/page.js"])
def test_any_other_method_is_a_405_that_names_those_there_are(
    send: Send, path: str, method: str
) -> None:
    response = send(method, path)

    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD, OPTIONS"
    assert response.headers["content-type"] == "application/problem+json"
