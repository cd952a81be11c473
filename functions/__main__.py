"""The function that the environment names, as a process: `FUNCTION=ingest python -m functions`.

What an image runs: it holds one function, and an entrypoint without a shell cannot spell its name.
"""

import os
import runpy
import sys

FUNCTIONS = ("ingest", "aggregate", "alert", "dlq", "dashboard")

if __name__ == "__main__":
    name = os.environ.get("FUNCTION", "")
    if name not in FUNCTIONS:
        sys.exit(f"FUNCTION={name!r}: must be one of {', '.join(FUNCTIONS)}")
    runpy.run_module(f"functions.{name}", run_name="__main__", alter_sys=True)
