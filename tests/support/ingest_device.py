"""A device that posts to an ingest function of its own, on a broker that is played."""

import json
from typing import Any

from functions.ingest.app import options_of
from functions.ingest.dialects.dialect import DialectOptions
from functions.ingest.function import IngestFunction
from functions.ingest.gate import Gate
from shared.serving.application import FunctionApplication
from shared.serving.whole_request import http_application
from shared.settings import IngestSettings
from tests.support.asgi_client import Seen, ask
from tests.support.publisher import FakePublisher
from tests.support.readings import NOW

JSON = ("content-type", "application/json")
OPTIONS = options_of(IngestSettings())
BAD = {"temperature_c": "warm"}


class Device:
    """Posts to an ingest function of its own."""

    def __init__(self, options: DialectOptions = OPTIONS, gate: Gate | None = None) -> None:
        self.broker = FakePublisher()
        self.now = NOW
        function = IngestFunction(
            self.broker,
            "telemetry.raw",
            lambda: self.now,
            lambda: "n0",
            options=options,
            gate=gate,
        )
        self.application = FunctionApplication(function, http_application(function))

    def posts(self, content: Any, *headers: tuple[str, str], path: str = "/ingest") -> Seen:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return self.sends("POST", path, [JSON, *headers], body)

    def sends(
        self, method: str, path: str, headers: list[tuple[str, str]], body: bytes = b""
    ) -> Seen:
        """Send a request; `path` may have a query."""
        return ask(self.application, method, path, headers, [body])

    @property
    def queued(self) -> list[dict[str, Any]]:
        return [one for _, record in self.broker.published for one in json.loads(record.value)]
