"""Run one function as a process: `python -m functions ingest`, or FUNCTION=ingest in an image.

An image holds one function, and an entrypoint without a shell cannot spell its name.
With `--check`, and any number of names, settings are read and nothing is served: wrong ones end
it as they end a start.
"""

import os
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final, cast

from shared.serving.application import FunctionApplication
from shared.serving.process import check, serve

FUNCTIONS: Final = ("ingest", "aggregate", "alert", "dlq", "dashboard")
_CHECK: Final = "--check"
_HELP: Final = "--help"


def main() -> None:
    """Serve the function that the first argument, or else FUNCTION, names; exit with 2 on none."""
    if _HELP in sys.argv:
        print(__doc__)
        return
    given = [argument for argument in sys.argv[1:] if argument != _CHECK]
    names = given or [os.environ.get("FUNCTION", "")]
    for name in names:
        if name not in FUNCTIONS:
            print(f"FUNCTION={name!r}: must be one of {', '.join(FUNCTIONS)}", file=sys.stderr)
            sys.exit(2)
    if _CHECK in sys.argv:
        check({name: _create_of(name) for name in names})
    else:
        serve(_create_of(names[0]))


def application() -> FunctionApplication:
    """Return the application of the function that FUNCTION names, for `uvicorn --factory`."""
    return _create_of(os.environ["FUNCTION"])(os.environ)


def _create_of(name: str) -> Callable[[Mapping[str, str]], FunctionApplication]:
    create = import_module(f"functions.{name}.app").create
    return cast("Callable[[Mapping[str, str]], FunctionApplication]", create)


if __name__ == "__main__":
    main()
