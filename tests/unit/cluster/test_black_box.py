"""The container of `skaffold verify` passes a system that keeps its promises, and no other."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.cluster.black_box import black_box


class FakeSystem(BaseHTTPRequestHandler):
    """Both public functions behind one gateway, with these faults."""

    faults: frozenset[str] = frozenset()
    stored: list[str]

    def do_POST(self) -> None:
        reading = json.loads(self.rfile.read(int(self.headers["content-length"])))
        is_bad = isinstance(reading["temperature_c"], str)
        if is_bad and "accepts all" not in self.faults:
            self._answer(
                422, {"field": None if "names no field" in self.faults else "temperature_c"}
            )
            return
        if reading["id"] not in self.stored or "counts twice" in self.faults:
            self.stored.append(reading["id"])
        self._answer(202, {"reading_id": f"{reading['id']}"})

    def do_GET(self) -> None:
        host, path = self.headers["host"], self.path
        assert host == "dashboard.telemetry.example.com"
        if path.startswith("/receipts/"):
            state = "not_seen" if "loses readings" in self.faults else "stored"
            self._answer(200, {"state": state})
        elif path.startswith("/aggregated"):
            self._answer(200, {"data": [{}] if "loses views" in self.faults else [{}, {}]})
        elif path.startswith("/alerts"):
            self._answer(200, {"data": [] if "raises no alert" in self.faults else [{}]})
        else:
            self._answer(200, {"data": self.stored})

    def log_message(self, *_: Any) -> None:
        """Say nothing: the test's own output is enough."""

    def _answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def faults(request: pytest.FixtureRequest) -> frozenset[str]:
    return frozenset(getattr(request, "param", ()))


@pytest.fixture
def environment(
    faults: frozenset[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    monkeypatch.setattr(black_box, "PATIENCE_S", 0.05)
    monkeypatch.setattr(black_box, "LOOK_EVERY_S", 0.01)
    handler = type("Handler", (FakeSystem,), {"faults": faults, "stored": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        yield {
            "INGEST_URL": url,
            "DASHBOARD_URL": url,
            "DASHBOARD_HOST": "dashboard.telemetry.example.com",
        }
        server.shutdown()
        thread.join()


def test_a_system_that_keeps_its_promises_passes(environment: dict[str, str]) -> None:
    assert black_box.main(environment) == 0


@pytest.mark.parametrize(
    ("faults", "says"),
    [
        (["loses readings"], "does not show the reading"),
        (["loses views"], "does not show two window summaries"),
        (["raises no alert"], "does not show the alert"),
        (["accepts all"], "a bad reading was answered 202"),
        (["names no field"], "does not name the field"),
        (["counts twice"], "one sent twice"),
    ],
    indirect=["faults"],
)
def test_a_broken_promise_fails(
    environment: dict[str, str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert black_box.main(environment) == 1
    assert says in capsys.readouterr().out


def test_an_address_that_is_missing_is_named() -> None:
    with pytest.raises(SystemExit, match="DASHBOARD_URL=''"):
        black_box.main({"INGEST_URL": "http://127.0.0.1"})
