"""Alerts to tell of, and receivers that take notices. A receiver is a real HTTP server."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
SECRET = "whsec_" + "b25lIGtleSBvZiBhIHdlYmhvb2ssIGxvbmc="
ANOTHER_SECRET = "whsec_" + "dGhlIGtleSB0aGF0IGNvbWVzIGFmdGVyIGl0"


def alert(uid: str = "a1", **fields: Any) -> dict[str, Any]:
    """Return the document of an alert that lasts."""
    return {
        "_id": uid,
        "device_id": "greenhouse-1",
        "sensor_type": "temperature_c",
        "rule_id": "temperature_c_high",
        "rule_version": 1,
        "alert_type": "temperature_c_high",
        "severity": "warning",
        "highest_severity": "warning",
        "rank": 0,
        "status": "active",
        "message": "temperature_c 55 °C is above the limit of 50 °C",
        "value": 55.0,
        "timestamp": NOON,
        "created_at": NOON,
        "started": NOON,
        "fired": NOON,
        "ended": None,
        "level_changes": [{"at": NOON, "level": "warning"}],
        "is_flapping": False,
    } | fields


def ended(uid: str = "a1", **fields: Any) -> dict[str, Any]:
    """Return the document of an alert that is over."""
    over = {"ended": NOON + timedelta(minutes=9), "end_reason": "recovered", "status": "resolved"}
    return alert(uid, **(over | fields))


@dataclass(frozen=True)
class Received:
    """A request that a receiver got; names of headers in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def content(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """A receiver and what it got. It answers with `status`, or as `answers` says, one by one."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    answers: list[int] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    on_request: Callable[[], object] = lambda: None

    _arrived: threading.Condition = field(default_factory=threading.Condition)

    def gets(self, word: str, within_s: float) -> bool:
        """Return whether a request with this word in it is there, or comes within the time."""
        wanted = word.encode()
        with self._arrived:
            return self._arrived.wait_for(
                lambda: any(wanted in one.body for one in self.received), within_s
            )

    def answer(self, request: Received) -> int:
        with self._arrived:
            self.received.append(request)
            self._arrived.notify_all()
        self.on_request()
        return self.answers.pop(0) if self.answers else self.status


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Give a receiver on loopback, until the end of the block."""
    told = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = told.answer(Received(self.path, headers, body))
            self.send_response(status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(told.body)))
            self.end_headers()
            self.wfile.write(told.body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
