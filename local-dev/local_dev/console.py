"""What does the developer read while the system runs? `local-dev/up` says everything here."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local_dev.options import UpOptions

NAME_WIDTH = 9
COLOURS = {"ingest": 32, "aggregate": 36, "alert": 33, "dlq": 31, "dashboard": 35}  # ANSI SGR
WELCOME = """\

ready after {seconds:.1f} s

  send readings to   http://localhost:{ingest}/ingest
  read answers from  http://localhost:{dashboard}/  (all routes: http://localhost:{dashboard}/docs)
  broker             {kafka_bootstrap}
  database           {database}
  data               {data}

Try it, in another terminal:

  curl -X POST http://localhost:{ingest}/ingest -H 'content-type: application/json' \\
    -d '{{"device_id": "greenhouse-1", "temperature_c": 21.5, "humidity": 55}}'
  curl 'http://localhost:{dashboard}/telemetry?limit=1'

Ctrl-C ends every process; what was stored is there on the next start.
"""


class Screen:
    """The terminal, or the file that the output goes to."""

    def __init__(self, *, shows_functions: bool) -> None:
        self._shows_functions = shows_functions
        self._in_colour = sys.stdout.isatty()

    def say(self, text: str) -> None:
        """Print one line of the system's own."""
        print(text, flush=True)

    def function_says(self, function: str, line: str) -> None:
        """Print one line of a function's output under its name."""
        if not self._shows_functions:
            return
        name = f"{function:{NAME_WIDTH}}"
        if self._in_colour:
            name = f"\x1b[{COLOURS.get(function, 0)}m{name}\x1b[0m"
        print(f"{name} | {as_sentence(line)}", flush=True)

    def progress(self, text: str) -> None:
        """Say how far a longer task is: on one line of a terminal, else line by line."""
        print(
            f"\r\x1b[K{text}" if self._in_colour else text,
            end="\r" if self._in_colour else "\n",
            flush=True,
        )

    def welcome(self, options: UpOptions, kafka_bootstrap: str, seconds: float) -> None:
        """Print where everything is, and what to try first; `seconds` is how long it took."""
        ours = options.listens_on("mongo", os.environ)
        database = f"127.0.0.1:{options.ports['mongo']}" if ours else "as MONGO_URL says"
        print(
            WELCOME.format(
                seconds=seconds,
                kafka_bootstrap=kafka_bootstrap,
                database=database,
                data=options.places.data,
                **options.ports,
            ),
            flush=True,
        )


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
