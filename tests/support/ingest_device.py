"""A device that posts to an ingest function of its own, on a broker that is played."""

import json
from typing import Any

from functions.ingest.function import IngestFunction
from functions.ingest.gate import Gate
from shared.serving.application import FunctionApplication
from shared.serving.whole_request import http_application
from tests.support.asgi_client import Seen, ask
from tests.support.publisher import FakePublisher
from tests.support.readings import NOW

JSON = ("content-type", "application/json")
BAD = {"temperature_c": "warm"}


class Device:
    """Posts to an ingest function of its own."""

    def __init__(self, gate: Gate | None = None) -> None:
        self.broker = FakePublisher()
        function = IngestFunction(
            self.broker, "telemetry.raw", lambda: NOW, lambda: "n0", gate=gate
        )
        self._application = FunctionApplication(function, http_application(function))

    def posts(self, content: Any, *headers: tuple[str, str], path: str = "/ingest") -> Seen:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return self.sends("POST", path, [JSON, *headers], body)

    def sends(
        self, method: str, path: str, headers: list[tuple[str, str]], body: bytes = b""
    ) -> Seen:
        return ask(self._application, method, path, headers, [body])

    @property
    def queued(self) -> list[dict[str, Any]]:
        return [one for _, record in self.broker.published for one in json.loads(record.value)]
