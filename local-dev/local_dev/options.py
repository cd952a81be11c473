"""What can be chosen about `local-dev/up`? Its command line, read into one object."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_dev.paths import DATA_VARIABLE, Places

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FUNCTIONS = ("ingest", "dashboard", "aggregate", "alert", "dlq")
USUAL_PORTS = {
    "ingest": 8001,
    "dashboard": 8002,
    "aggregate": 8003,
    "alert": 8004,
    "dlq": 8005,
    "kafka": 9092,
    "mongo": 27017,
}
ADDRESS_VARIABLES = {"kafka": "KAFKA_BOOTSTRAP_SERVERS", "mongo": "MONGO_URL"}
IDLE_S = 60.0  # Knative's default stable window
DEMO_DEVICES = 10
HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class UpOptions:
    """The choices of one start."""

    places: Places
    ports: Mapping[str, int]
    keep_warm: bool
    instances: int
    idle_s: float
    only: frozenset[str] | None
    demo_devices: int
    quiet: bool

    def listens_on(self, name: str, environment: Mapping[str, str]) -> bool:
        """Say whether this start opens the port of that function or server."""
        if name in ADDRESS_VARIABLES:
            return not environment.get(ADDRESS_VARIABLES[name])
        return self.only is None or name in self.only


def read_options(arguments: Sequence[str]) -> UpOptions:
    """Read the command line; a wrong one ends the program with the reason, as argparse does."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    ports = {
        name: getattr(chosen, f"{name}_port") or usual + chosen.port_offset
        for name, usual in USUAL_PORTS.items()
    }
    problem = _problem_with(ports)
    if problem:
        parser.error(problem)
    return UpOptions(
        places=Places.chosen_by(chosen.data),
        ports=ports,
        keep_warm=chosen.keep_warm,
        instances=chosen.instances,
        idle_s=chosen.idle,
        only=chosen.only,
        demo_devices=chosen.demo,
        quiet=chosen.quiet,
    )


def seconds(text: str) -> float:
    """Read a length of time: `90`, `90s`, `1.5m`. Raises argparse.ArgumentTypeError."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h)?", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no length of time: write 60s, 500ms or 2m")
    return float(found[1]) * {"ms": 0.001, "s": 1, None: 1, "m": 60, "h": 3600}[found[2]]


def function_names(text: str) -> frozenset[str]:
    """Read a list of functions: `ingest,alert`. Raises argparse.ArgumentTypeError."""
    names = frozenset(filter(None, text.split(",")))
    unknown = sorted(names - set(FUNCTIONS))
    if unknown or not names:
        wrong = ", ".join(unknown) or repr(text)
        known = ", ".join(FUNCTIONS)
        raise argparse.ArgumentTypeError(f"no such function: {wrong} (there are {known})")
    return names


def _problem_with(ports: Mapping[str, int]) -> str | None:
    for name, port in ports.items():
        if not 1 <= port <= HIGHEST_PORT:
            return f"{port} is no port for {name}"
        twin = next((other for other in ports if other != name and ports[other] == port), None)
        if twin:
            return f"{name} and {twin} cannot both have port {port}"
    return None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="local-dev/up",
        description="Starts the whole system on this machine: Apache Kafka, MongoDB, the functions"
        " and the KafkaSources between them, all on loopback. Ctrl-C ends it; the data stays.",
        epilog="KAFKA_BOOTSTRAP_SERVERS or MONGO_URL set: that broker or database is used, and"
        " none of ours is started.",
    )
    add = parser.add_argument
    add(
        "--demo",
        nargs="?",
        type=int,
        const=DEMO_DEVICES,
        default=0,
        metavar="DEVICES",
        help=f"simulate devices (without a number: {DEMO_DEVICES}), one reading a second each",
    )
    add("--keep-warm", action="store_true", help="never scale a function to zero")
    add(
        "--idle",
        type=seconds,
        default=IDLE_S,
        metavar="TIME",
        help="scale to zero after this time without an event (default 60s)",
    )
    add(
        "--instances",
        type=int,
        default=0,
        metavar="N",
        help="keep at least so many instances of each event function, up to its max-scale",
    )
    add("--only", type=function_names, metavar="NAMES", help="only these functions: ingest,alert")
    add("--data", metavar="FOLDER", help=f"where data is kept (default .data, or {DATA_VARIABLE})")
    add("--quiet", action="store_true", help="do not print what the functions log")
    add(
        "--port-offset",
        type=int,
        default=0,
        metavar="N",
        help="add N to each usual port, so that two checkouts can run side by side",
    )
    for name, usual in USUAL_PORTS.items():
        add(f"--{name}-port", type=int, metavar="PORT", help=f"usually {usual}")
    return parser
