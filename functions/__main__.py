"""Run one function as a process: `python -m functions ingest`, or FUNCTION=ingest in an image.

An image holds one function, and an entrypoint without a shell cannot spell its name.
"""

import os
import sys
from importlib import import_module

from shared.serving.application import serve

FUNCTIONS = ("ingest", "aggregate", "alert", "dlq", "dashboard")


def main() -> None:
    """Serve the function that the first argument, or else FUNCTION, names; exit with 2 on none."""
    name = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("FUNCTION", "")
    if name not in FUNCTIONS:
        print(f"FUNCTION={name!r}: must be one of {', '.join(FUNCTIONS)}", file=sys.stderr)
        sys.exit(2)
    serve(import_module(f"functions.{name}.app").application)


if __name__ == "__main__":
    main()
