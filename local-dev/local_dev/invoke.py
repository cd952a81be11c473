"""`local-dev/invoke <function> <file>`: posts one event, and says what KafkaSource would do."""

from __future__ import annotations

import argparse
import http.client
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from local_dev.cloud_event import NotAnEventError
from local_dev.invocation import delivery_comment, request_for
from local_dev.places import DATA_VARIABLE, ROOT, Places
from local_dev.running_system import ask
from local_dev.up_options import FUNCTIONS, USUAL_PORTS

if TYPE_CHECKING:
    from local_dev.invocation import FunctionRequest

TIMEOUT_S = 60.0  # a function at zero has to start first


@dataclass(frozen=True, slots=True)
class FunctionAnswer:
    """What came back, as it came."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: str


def main() -> None:
    """Print status, headers, body and comment; the exit code is 1 if the answer was not a 2xx."""
    chosen = _parser().parse_args()
    given = sys.stdin.buffer.read() if chosen.event == "-" else Path(chosen.event).read_bytes()
    url = chosen.url or f"http://127.0.0.1:{_port(chosen.function, chosen.data)}"
    try:
        answer = post(url, request_for(chosen.function, given))
    except NotAnEventError as error:
        sys.exit(f"{chosen.event} holds no CloudEvent: {error}")
    except (OSError, http.client.HTTPException) as error:
        sys.exit(f"{chosen.function} does not answer at {url}: {error}; does local-dev/up run?")
    print(f"{answer.status} {answer.reason}")
    print("\n".join(f"{name}: {value}" for name, value in answer.headers))
    print(f"\n{answer.body}\n" if answer.body else "")
    print(delivery_comment(chosen.function, answer.status, ROOT))
    sys.exit(0 if answer.status < http.HTTPStatus.MULTIPLE_CHOICES else 1)


def post(url: str, request: FunctionRequest) -> FunctionAnswer:
    """Send the request to the function at `url` and return its answer. Raises OSError."""
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.netloc, timeout=TIMEOUT_S)
    try:
        connection.request("POST", request.path, request.body, dict(request.headers))
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        return FunctionAnswer(answer.status, answer.reason, answer.getheaders(), text)
    finally:
        connection.close()


def _port(function: str, data: str | None) -> int:
    asked = ask(Places.chosen_by(data))
    return int(asked[0]["ports"][function]) if asked else USUAL_PORTS[function]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="local-dev/invoke",
        description="Posts one event to a function, as KafkaSource does: binary mode. The file is"
        " a CloudEvent in JSON (see tests/events); for ingest it is a reading, or a list of them.",
    )
    parser.add_argument("function", choices=[name for name in FUNCTIONS if name != "dashboard"])
    parser.add_argument("event", help="a file, or - for standard input")
    parser.add_argument("--url", help="where it listens (default: where local-dev/up started it)")
    parser.add_argument("--data", help=f"data folder of that up (default .data, {DATA_VARIABLE})")
    return parser


if __name__ == "__main__":
    main()
