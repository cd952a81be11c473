"""`local-dev/test`: are all checks and tests green? With arguments, only pytest with these."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from local_dev.paths import ROOT

BIN = Path(sys.executable).parent
USAGE = """\
usage: local-dev/test [pytest arguments]

Without arguments: ruff, its formatter, mypy, import-linter, then pytest with everything: rules,
contracts on the real Kafka and MongoDB (started for it), and the pipeline. Some minutes.

  local-dev/test tests/unit          only these; seconds, and no server
  local-dev/test -m 'not pipeline'   all but the whole system
"""
CHECKS = (
    ("ruff check", ["ruff", "check"]),
    ("ruff format", ["ruff", "format", "--check"]),
    ("mypy", ["mypy"]),
    ("lint-imports", ["lint-imports"]),
    ("pytest", ["pytest"]),
)


def main() -> None:
    """Run them, all even if one fails, and say at the end which failed; exit 1 if one did."""
    arguments = sys.argv[1:]
    if arguments and arguments[0] in ("-h", "--help"):
        print(USAGE)
        return
    if arguments:
        sys.exit(_status_of(["pytest", *arguments]))
    results = []
    for name, command in CHECKS:
        print(f"--- {name}", flush=True)
        begun = time.monotonic()
        status = _status_of(command)
        results.append((name, status, time.monotonic() - begun))
    print("--- in all")
    for name, status, seconds in results:
        print(f"{name:13} {'ok' if status == 0 else f'FAILED ({status})':13} {seconds:6.1f} s")
    sys.exit(1 if any(status for _, status, _ in results) else 0)


def _status_of(command: list[str]) -> int:
    tool, *arguments = command
    path = os.pathsep.join([str(ROOT), str(ROOT / "local-dev")])
    done = subprocess.run(
        [BIN / tool, *arguments], cwd=ROOT, env=os.environ | {"PYTHONPATH": path}, check=False
    )
    return done.returncode


if __name__ == "__main__":
    main()
