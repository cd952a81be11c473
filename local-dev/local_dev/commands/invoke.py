"""`local-dev/invoke <function> <file>`: posts one event, and says what KafkaSource would do."""

from __future__ import annotations

import argparse
import http.client
import sys
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from local_dev.eventing.invocation import comment_on, request_for
from local_dev.manifests.system import NAMESPACE, read_system
from local_dev.options import FUNCTIONS, USUAL_PORTS
from local_dev.paths import DATA_VARIABLE, ROOT, Places
from local_dev.system.running_system import ask
from local_dev.wire.cloud_event import NotAnEventError
from local_dev.wire.event_request import UnsendableEventError
from local_dev.wire.one_request import request

if TYPE_CHECKING:
    from local_dev.manifests.eventing import Source
    from local_dev.manifests.system import System


def main() -> None:
    """Print status, headers, body and comment; the exit code is 1 if the answer was not a 2xx."""
    chosen = _parser().parse_args()
    given = sys.stdin.buffer.read() if chosen.event == "-" else Path(chosen.event).read_bytes()
    url = (chosen.url or f"http://127.0.0.1:{_port(chosen.function, chosen.data)}").rstrip("/")
    try:
        posted = request_for(chosen.function, given, NAMESPACE)
        answer = request("POST", url + posted.path, posted.body, dict(posted.headers))
    except (NotAnEventError, UnsendableEventError) as error:
        sys.exit(f"{chosen.event} holds no CloudEvent that can be sent: {error}")
    except (OSError, http.client.HTTPException) as error:
        sys.exit(f"{chosen.function} does not answer at {url}: {error}; does local-dev/up run?")
    print(f"{answer.status} {answer.reason}")
    print("\n".join(f"{name}: {value}" for name, value in answer.headers))
    print(f"\n{answer.body.decode(errors='replace')}\n" if answer.body else "")
    source = source_of(chosen.function, read_system(ROOT))
    rule = source.rule if source else None
    print(comment_on(answer.status, source.name if source else None, rule))
    sys.exit(0 if answer.status < HTTPStatus.MULTIPLE_CHOICES else 1)


def source_of(function: str, system: System) -> Source | None:
    """Return the KafkaSource that delivers to the function, if there is one."""
    return next((one for one in system.sources if one.sink.name == function), None)


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
