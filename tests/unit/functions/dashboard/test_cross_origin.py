"""Pages of other origins: none by default, those of CORS_ORIGINS exactly."""

from collections.abc import Callable

import httpx
import pytest

Send = Callable[..., httpx.Response]
APP = "https://app.example.org"
PREFLIGHT = {"origin": APP, "access-control-request-method": "GET"}
PATHS = ["/", "/stats", "/telemetry?limit=0", "/devices/d/telemetry", "/nope", "/assets/page.js"]


@pytest.mark.parametrize("path", PATHS)
def test_by_default_no_page_of_another_origin_may_read(send: Send, path: str) -> None:
    for_the_page = send("GET", path, {"origin": APP})
    for_its_browser = send("OPTIONS", path, PREFLIGHT)

    names = {*for_the_page.headers, *for_its_browser.headers}
    assert not any(name.startswith("access-control-") for name in names)


@pytest.mark.parametrize("path", PATHS)
def test_a_page_of_an_allowed_origin_reads_errors_too(send: Send, path: str) -> None:
    response = send("GET", path, {"origin": APP}, cors_origins=f"https://b.example,{APP}")

    assert response.headers["access-control-allow-origin"] == APP
    assert "origin" in response.headers.get_list("vary", split_commas=True)
    exposed = response.headers["access-control-expose-headers"].split(", ")
    assert {"link", "retry-after", "etag"} <= set(exposed)


@pytest.mark.parametrize("path", ["/stats", "/devices/d/telemetry", "/telemetry/"])
def test_a_preflight_of_an_allowed_origin_passes(send: Send, path: str) -> None:
    response = send("OPTIONS", path, PREFLIGHT, cors_origins=APP)

    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == APP
    assert response.headers["access-control-allow-methods"] == "GET, HEAD, POST, DELETE"


@pytest.mark.parametrize("origin", ["null", "https://evil.example", "http://app.example.org"])
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_any_other_origin_may_not_read(send: Send, method: str, origin: str) -> None:
    response = send(method, "/stats", {**PREFLIGHT, "origin": origin}, cors_origins=APP)

    assert "access-control-allow-origin" not in response.headers
    assert response.headers["vary"] == "origin"
