"""The terminal: tables, progress, and the lines of a running system.

Colours and a moving line only in a terminal, and colours not under NO_COLOR; elsewhere plain lines.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from local_dev.options import LOOPBACK, reachable_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import RenderableType
    from rich.status import Status

    from local_dev.options import UpOptions

NAME_WIDTH = 9
COLOURS = {"ingest": 32, "aggregate": 36, "alert": 33, "dlq": 31, "dashboard": 35}  # ANSI SGR
OPENED = {
    "ingest": "whoever posts to /ingest writes readings; /metrics can be read",
    "dashboard": "whoever asks reads all readings, views, alerts and dead letters",
}
FILE_WIDTH = 200  # columns where the output is no terminal: nothing is cut or wrapped
TRY_IT = """
Try it, in another terminal:

  curl -X POST http://{address}:{ingest}/ingest -H 'content-type: application/json' \\
    -d '{{"device_id": "greenhouse-1", "temperature_c": 21.5, "humidity": 55}}'
  curl 'http://{address}:{dashboard}/telemetry?limit=1'

Ctrl-C ends every process; what was stored is there on the next start.
"""
TRY_IT_WITH_TOKENS = """
Try it, in another terminal:

  curl -X POST http://{address}:{ingest}/ingest -H 'content-type: application/json' \\
    -H 'authorization: Bearer {device_token}' \\
    -d '{{"device_id": "greenhouse-1", "temperature_c": 21.5, "humidity": 55}}'
  curl 'http://{address}:{dashboard}/telemetry?limit=1' \\
    -H 'authorization: Bearer {admin_token}'

In a browser log in with the second token: http://{address}:{dashboard}/login
More of them: .venv/bin/python -m functions.ingest.credential --folder {folder} mint --help
Ctrl-C ends every process; what was stored is there on the next start.
"""


class Screen:
    """The output of `local-dev/up`: its own progress, and what the functions log."""

    def __init__(self, *, shows_functions: bool) -> None:
        self._shows_functions = shows_functions
        self._console = console()
        self._in_colour = self._console.is_terminal and not self._console.no_color
        self._status: Status | None = None

    def say(self, text: str) -> None:
        """Print one line of the system's own."""
        _print(text)

    def progress(self, text: str) -> None:
        """Show what is under way: in a terminal on one line that the next one replaces."""
        if not self._console.is_terminal:
            self.say(text)
        elif self._status is None:
            self._status = self._console.status(text)
            self._status.start()
        else:
            self._status.update(text)

    def end_progress(self) -> None:
        """Take the line of the progress away."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def function_says(self, function: str, line: str) -> None:
        """Print one line of a function's output under its name.

        With plain `print`: rich would take longer for a line than a function for its event.
        """
        if not self._shows_functions:
            return
        name = f"{function:{NAME_WIDTH}}"
        if self._in_colour:
            name = f"\x1b[{COLOURS.get(function, 0)}m{name}\x1b[0m"
        _print(f"{name} | {as_sentence(line)}")

    def welcome(
        self,
        options: UpOptions,
        kafka_bootstrap: str,
        seconds: float,
        device_token: str = "",
        admin_token: str = "",
    ) -> None:
        """Print where everything is, and what to try first; `seconds` is how long it took.

        With --auth there are tokens, by which what is printed works.
        """
        self.end_progress()
        rows = _addresses(options, kafka_bootstrap).items()
        ready = f"\nready after {seconds:.1f} s\n"
        try_it = (TRY_IT_WITH_TOKENS if options.auth else TRY_IT).format(
            address=_address(options),
            device_token=device_token,
            admin_token=admin_token,
            folder=options.places.auth.parent,
            **options.ports,
        )
        show(ready, table(("what", "where"), list(rows)), try_it)
        if options.host != LOOPBACK and not options.auth:
            self.say(warning_of(options))


def warning_of(options: UpOptions) -> str:
    """Return what `--host` opens, and to whom."""
    opened = [
        f"  port {options.ports[name]}: {what}"
        for name, what in OPENED.items()
        if options.listens_on(name, os.environ)
    ]
    first = (
        f"WARNING: --host {options.host} opens to everyone who can reach this machine,"
        " without a password:"
    )
    return "\n".join([first, *opened, "All else stays on loopback."])


def _print(text: str) -> None:
    with contextlib.suppress(
        OSError
    ):  # the terminal, or who read a pipe, is gone: the system goes on
        print(text, flush=True)


def console() -> Console:
    """Return a console that prints text as it is: no markup, no highlighting."""
    width = None if sys.stdout.isatty() else FILE_WIDTH
    return Console(width=width, markup=False, highlight=False, emoji=False)


def show(*parts: RenderableType) -> None:
    """Print tables, and texts whose long lines the terminal itself wraps."""
    out = console()
    for part in parts:
        out.print(part, soft_wrap=isinstance(part, str))


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """Return a table; columns of numbers stand to the right, and None is shown as a dash."""
    drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for index, name in enumerate(columns):
        is_number = all(isinstance(row[index], int | float | None) for row in rows)
        drawn.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*map(_cell, row))
    return drawn


def as_sentence(line: str) -> str:
    """Turn a function's log line into one for people; any other line stays as it is.

    A log line is a JSON object with time, level and message, and further fields.
    """
    try:
        fields = json.loads(line)
        time, level, message = fields.pop("time"), fields.pop("level"), fields.pop("message")
    except (ValueError, AttributeError, KeyError, TypeError):  # no JSON, no object, or another one
        return line
    shown = "".join(f"  {name}={value}" for name, value in fields.items() if name != "function")
    return f"{time[11:23]} {level:7} {message}{shown}"


def _addresses(options: UpOptions, kafka_bootstrap: str) -> Mapping[str, str]:
    address = _address(options)
    dashboard = f"http://{address}:{options.ports['dashboard']}"
    ours = options.listens_on("mongo", os.environ)
    return {
        "send readings to": f"http://{address}:{options.ports['ingest']}/ingest",
        "read what is stored": f"{dashboard}/",
        "all routes": f"{dashboard}/docs",
        "broker": kafka_bootstrap,
        "database": f"127.0.0.1:{options.ports['mongo']}" if ours else "as MONGO_URL says",
        "data": str(options.places.data),
    }


def _address(options: UpOptions) -> str:
    reachable = reachable_at(options.host)
    return "localhost" if reachable == LOOPBACK else reachable


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if isinstance(value, float) else str(value)
