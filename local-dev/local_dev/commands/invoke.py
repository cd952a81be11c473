"""`local-dev/invoke`: posts one event to a function, and tells what KafkaSource would do next."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import httpx
import typer

from local_dev.commands.command_line import Data, run
from local_dev.commands.invocation import comment_on, request_for
from local_dev.manifests.system import NAMESPACE, read_system
from local_dev.options import USUAL_PORTS
from local_dev.paths import ROOT, Places
from local_dev.system.running_system import ask
from local_dev.wire.cloud_event import NotAnEventError
from local_dev.wire.event_request import UnsendableEventError

if TYPE_CHECKING:
    from local_dev.manifests.eventing import Source
    from local_dev.manifests.system import System

TIMEOUT_S = 60.0  # a function at zero has to start first
Function = Literal["ingest", "aggregate", "alert", "dlq"]


def invoke(
    function: Annotated[Function, typer.Argument(help="The function.")],
    event: Annotated[str, typer.Argument(help="A file, or - for standard input.")],
    url: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Where it listens (default: where local-dev/up started it)."
        ),
    ] = None,
    data: Data = None,
) -> None:
    """Post one event to a function as KafkaSource does, in binary mode, and show the response.

    The file is a CloudEvent in JSON (see tests/events); for ingest it is a reading, or a list of
    them. The exit code is 1 if the response was not a 2xx.
    """
    given = sys.stdin.buffer.read() if event == "-" else Path(event).read_bytes()
    address = (url or f"http://127.0.0.1:{_port(function, data)}").rstrip("/")
    try:
        posted = request_for(function, given, NAMESPACE)
        response = httpx.post(
            address + posted.path,
            content=posted.body,
            headers=[
                (name.encode("latin-1"), value.encode("latin-1")) for name, value in posted.headers
            ],
            timeout=TIMEOUT_S,
            trust_env=False,  # past any proxy
        )
    except (NotAnEventError, UnsendableEventError) as error:
        sys.exit(f"{event} holds no CloudEvent that can be sent: {error}")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        sys.exit(f"{function} does not respond at {address}: {error}; does local-dev/up run?")
    _print(response)
    source = source_of(function, read_system(ROOT))
    rule = source.rule if source else None
    print(comment_on(response.status_code, source.name if source else None, rule))
    sys.exit(0 if response.is_success else 1)


def source_of(function: str, system: System) -> Source | None:
    """Return the KafkaSource that delivers to the function, if there is one."""
    return next((one for one in system.sources if one.sink.name == function), None)


def _port(function: str, data: Path | None) -> int:
    running = ask(Places.chosen_by(data))
    return int(running[0]["ports"][function]) if running else USUAL_PORTS[function]


def _print(response: httpx.Response) -> None:
    print(f"{response.status_code} {response.reason_phrase}")
    print("\n".join(f"{name}: {value}" for name, value in response.headers.multi_items()))
    print(f"\n{response.content.decode(errors='replace')}\n" if response.content else "")


if __name__ == "__main__":
    run(invoke)
