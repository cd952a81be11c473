"""The promises of a deployed system, seen from outside. `skaffold verify` runs it as a Job.

Standard library only: its image is this file. INGEST_URL and DASHBOARD_URL say where the two public
functions are; where that is a gateway, INGEST_HOST and DASHBOARD_HOST are the names it routes by.
Exit status 0 if all was as promised, 1 with what was not.
"""

import json
import os
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_S = 30.0  # of one request; a cold start is in it
PATIENCE_S = (
    120.0  # until what was accepted shows: a source that just joined its group, and cold starts
)
LOOK_EVERY_S = 1.0


class BrokenPromiseError(Exception):
    """The system answered something else than its README says."""


@dataclass(frozen=True, slots=True)
class PublicFunction:
    """A function behind a URL; `host` is the Host header, where it is not the URL's."""

    url: str
    host: str | None

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Return status and JSON of the answer. Raises OSError, HTTPException, ValueError."""
        parts = urlsplit(self.url)
        headers = {"host": self.host or parts.netloc, "content-type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
        try:
            connection.request(method, path, content, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        finally:
            connection.close()


def main(environment: Mapping[str, str]) -> int:
    """Check the deployed system and return the exit status."""
    ingest, dashboard = _function("INGEST", environment), _function("DASHBOARD", environment)
    try:
        _check(ingest, dashboard, f"black-box-{uuid.uuid4().hex[:12]}")
    except BrokenPromiseError as broken:
        _say(f"failed: {broken}")
        return 1
    return 0


def _check(ingest: PublicFunction, dashboard: PublicFunction, device: str) -> None:
    reading = {"device_id": device, "temperature_c": 61.5, "humidity": 40, "id": "first"}
    status, said = _until(lambda: ingest.ask("POST", "/ingest", reading), lambda a: a[0] != 503)
    _expect(status == 202, f"a good reading was answered {status}: {said}")
    _say(f"accepted: a reading of {device}")

    receipt = f"/receipts/{said['reading_id']}"
    _shows(dashboard, receipt, lambda content: content["state"] == "stored", "the reading")
    summaries = f"/aggregated?device_id={device}"
    _shows(dashboard, summaries, lambda content: len(content["data"]) == 2, "two window summaries")
    alerts = f"/alerts?device_id={device}"
    _shows(dashboard, alerts, lambda content: len(content["data"]) == 1, "the alert")

    status, said = ingest.ask("POST", "/ingest", reading | {"temperature_c": "hot"})
    _expect(status == 422, f"a bad reading was answered {status}: {said}")
    _expect(said.get("field") == "temperature_c", f"the refusal does not name the field: {said}")
    _say("refused: a bad reading, by its field's name")

    for body in (
        reading,
        reading | {"id": "second"},
    ):  # the second is a sign that the first is through
        status, said = ingest.ask("POST", "/ingest", body)
        _expect(status == 202, f"a reading was answered {status}: {said}")
    receipt = f"/receipts/{said['reading_id']}"
    _shows(dashboard, receipt, lambda content: content["state"] == "stored", "another reading")
    _, listed = dashboard.ask("GET", f"/devices/{device}/telemetry")
    _expect(len(listed["data"]) == 2, f"two readings, one sent twice, are there as {listed}")
    _say("counted once: a reading that was sent twice")


def _shows(
    dashboard: PublicFunction, path: str, is_there: Callable[[Any], bool], what: str
) -> None:
    begun = time.monotonic()
    status, content = _until(
        lambda: dashboard.ask("GET", path),
        lambda answer: answer[0] == 200 and is_there(answer[1]),
    )
    _expect(status == 200 and is_there(content), f"{path} does not show {what}: {content}")
    _say(f"shown after {time.monotonic() - begun:.1f} s: {what}")


def _until(
    ask: Callable[[], tuple[int, Any]], is_enough: Callable[[tuple[int, Any]], bool]
) -> tuple[int, Any]:
    """Ask until it is enough, or patience ends; return the last answer."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            answer = ask()
        except (OSError, HTTPException, ValueError) as error:  # the gateway's own words are no JSON
            answer = (0, str(error))
        if (answer[0] and is_enough(answer)) or time.monotonic() > end:
            return answer
        time.sleep(LOOK_EVERY_S)


def _function(name: str, environment: Mapping[str, str]) -> PublicFunction:
    url = environment.get(f"{name}_URL", "")
    if not url.startswith("http://"):
        sys.exit(f"{name}_URL={url!r}: must be an http URL")
    return PublicFunction(url, environment.get(f"{name}_HOST"))


def _expect(promise: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as a sentence where it is used
    if not promise:
        raise BrokenPromiseError(otherwise)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(os.environ))
