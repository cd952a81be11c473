"""The dashboard as processes: deployed, and under the stock `functions-framework` command."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from local_dev.servers.free_port import free_port
from tests.support.plain_http import NO_TLS

pytestmark = pytest.mark.database
PATIENCE_S = 30
DEPLOYED = [sys.executable, "-m", "functions", "dashboard"]
STOCK = [
    str(Path(sys.executable).parent / "functions-framework"),
    "--target=dashboard",
    "--source=functions/dashboard/main.py",
    "--host=127.0.0.1",
]


def ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready", verify=NO_TLS).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module", params=[DEPLOYED, STOCK], ids=["deployed", "stock"])
def running(
    request: pytest.FixtureRequest, mongo_url: str, root: Path
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    port = free_port()
    told = {"HOST": "127.0.0.1", "PORT": str(port), "PYTHONPATH": str(root)}
    told |= {"MONGO_URL": mongo_url, "MONGO_DB": "dashboard-processes"}
    process = subprocess.Popen(
        request.param, cwd=root, env={**os.environ, **told}, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + PATIENCE_S
    while not ready(url) and time.monotonic() < deadline:
        time.sleep(0.1)
    yield url, process
    process.terminate()
    process.wait(PATIENCE_S)


def test_both_respond_the_same(running: tuple[str, subprocess.Popen[bytes]]) -> None:
    url, _ = running

    with httpx.Client(base_url=url, verify=NO_TLS) as client:
        assert client.get("/stats").json()["telemetry_records"] == 0
        assert client.get("/v1/telemetry?limit=1").json() == {"data": [], "next_cursor": None}
        assert client.get("/telemetry?limit=0").json()["parameter"] == "limit"
        assert client.get("/", headers={"accept": "text/html"}).text.startswith("<!doctype html>")
        assert client.get("/nope").headers["content-type"] == "application/problem+json"
        assert "iot_dashboard_requests_total" in client.get("/metrics").text


def test_both_serve_every_method_in_the_same_way(
    running: tuple[str, subprocess.Popen[bytes]],
) -> None:
    url, _ = running

    with httpx.Client(base_url=url, verify=NO_TLS) as client:
        page, head = client.get("/assets/page.js"), client.head("/assets/page.js")
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == page.headers["content-length"]
        assert client.head("/stats/").status_code == 200
        tag = {"if-none-match": page.headers["etag"]}
        assert client.get("/assets/page.js", headers=tag).status_code == 304
        assert client.options("/stats").headers["allow"] == "GET, HEAD, OPTIONS"
        assert client.put("/stats").status_code == 405
        assert client.get("/stats").status_code == 200  # on the same connection


def test_neither_shows_metrics_on_the_public_route(
    running: tuple[str, subprocess.Popen[bytes]],
) -> None:
    url, _ = running

    response = httpx.get(
        f"{url}/metrics", headers={"x-forwarded-for": "203.0.113.9"}, verify=NO_TLS
    )

    assert response.status_code == 404


def test_it_ends_when_told_to(running: tuple[str, subprocess.Popen[bytes]]) -> None:
    """The last one: the tests above share the process."""
    _, process = running

    process.send_signal(signal.SIGTERM)

    assert process.wait(10) in (0, -signal.SIGTERM, 128 + signal.SIGTERM)
