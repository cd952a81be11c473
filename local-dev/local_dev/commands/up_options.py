"""The options of `local-dev/up`: how each is written, read and explained."""

from __future__ import annotations

import ipaddress
import socket
from typing import Annotated, Any

import typer

from local_dev.commands.command_line import flag, seconds
from local_dev.options import EVERY_ADDRESS, FUNCTIONS, USUAL_PORTS

DEMO_DEVICES = 10
PORTS = "Ports"  # the heading of the options that move ports


def function_names(text: str) -> frozenset[str]:
    """Read a list of functions: `ingest,alert`. Raise typer.BadParameter for any other name."""
    names = frozenset(filter(None, text.split(",")))
    unknown = sorted(names - set(FUNCTIONS))
    if unknown or not names:
        wrong = ", ".join(unknown) or repr(text)
        raise typer.BadParameter(f"no such function: {wrong} (there are {', '.join(FUNCTIONS)})")
    return names


def own_address(text: str) -> str:
    """Read an IPv4 address of this machine. Raise typer.BadParameter for any other text."""
    try:
        ipaddress.IPv4Address(text)
        with socket.socket() as probe:
            probe.bind((text, 0))
    except (ValueError, OSError):
        remedy = f"write one, or {EVERY_ADDRESS} for all of them"
        raise typer.BadParameter(f"{text!r} is no IPv4 address of this machine: {remedy}") from None
    return text


def with_demo_devices(arguments: list[str]) -> list[str]:
    """Return the command line with a number for each bare `--demo`: typer wants a value."""
    following = [*arguments[1:], "-"]
    return [
        f"--demo={DEMO_DEVICES}" if word == "--demo" and next_word.startswith("-") else word
        for word, next_word in zip(arguments, following, strict=False)
    ]


def _option(metavar: str, text: str, **further: Any) -> Any:  # noqa: ANN401 - as typer's own
    return typer.Option(metavar=metavar, help=text, show_default=False, **further)


def _port(name: str) -> Any:  # noqa: ANN401 - as above
    return _option("PORT", f"Usually {USUAL_PORTS[name]}.", rich_help_panel=PORTS)


Demo = Annotated[
    int,
    _option(
        "[DEVICES]",
        f"Simulate devices (without a number: {DEMO_DEVICES}), one reading a second each.",
    ),
]
KeepWarm = Annotated[bool, flag("--keep-warm", "Never scale a function to zero.")]
Idle = Annotated[
    float,
    _option(
        "TIME",
        "Scale to zero after this time without an event (default 60s).",
        parser=seconds,
    ),
]
Instances = Annotated[
    int, _option("N", "Keep so many instances of each event function, up to its max-scale.")
]
Only = Annotated[
    frozenset[str] | None,
    _option("NAMES", "Only these functions: ingest,alert", parser=function_names),
]
Quiet = Annotated[bool, flag("--quiet", "Do not print what the functions log.")]
Host = Annotated[
    str,
    _option(
        "ADDRESS",
        "Open ingest and dashboard to the network, to all without --auth: 0.0.0.0, or one address.",
        parser=own_address,
        rich_help_panel=PORTS,
    ),
]
Auth = Annotated[
    bool, flag("--auth", "Ask who calls: make keys, and print tokens and commands that work.")
]
PortOffset = Annotated[
    int,
    _option(
        "N", "Add N to each usual port: two checkouts can run side by side.", rich_help_panel=PORTS
    ),
]
IngestPort = Annotated[int | None, _port("ingest")]
DashboardPort = Annotated[int | None, _port("dashboard")]
AggregatePort = Annotated[int | None, _port("aggregate")]
AlertPort = Annotated[int | None, _port("alert")]
DlqPort = Annotated[int | None, _port("dlq")]
KafkaPort = Annotated[int | None, _port("kafka")]
MongoPort = Annotated[int | None, _port("mongo")]
