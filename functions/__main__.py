"""Run one function as a process: `python -m functions ingest`, or FUNCTION=ingest in an image.

An image holds one function, and an entrypoint without a shell cannot spell its name.
With `--check` the settings are read and nothing is served: wrong ones end it as they end a start.
"""

import os
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final, cast

from shared.serving.application import FunctionApplication
from shared.serving.process import made, serve

FUNCTIONS: Final = ("ingest", "aggregate", "alert", "dlq", "dashboard")
_CHECK: Final = "--check"


def main() -> None:
    """Serve the function that the first argument, or else FUNCTION, names; exit with 2 on none."""
    names = [argument for argument in sys.argv[1:] if argument != _CHECK]
    name = names[0] if names else os.environ.get("FUNCTION", "")
    if name not in FUNCTIONS:
        print(f"FUNCTION={name!r}: must be one of {', '.join(FUNCTIONS)}", file=sys.stderr)
        sys.exit(2)
    run = made if _CHECK in sys.argv else serve
    run(_create_of(name))


def application() -> FunctionApplication:
    """Return the application of the function that FUNCTION names, for `uvicorn --factory`."""
    return _create_of(os.environ["FUNCTION"])(os.environ)


def _create_of(name: str) -> Callable[[Mapping[str, str]], FunctionApplication]:
    create = import_module(f"functions.{name}.app").create
    return cast("Callable[[Mapping[str, str]], FunctionApplication]", create)


if __name__ == "__main__":
    main()
