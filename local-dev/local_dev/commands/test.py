"""`local-dev/test`: all checks and tests; with arguments, pytest with these."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from local_dev.commands.command_line import PASS_ON, flag, run
from local_dev.console import show, table
from local_dev.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

BIN = Path(sys.executable).parent
WORKERS = "2"  # each with a Kafka and a MongoDB of its own: much of the time is waiting
CHECKS = {  # also before each commit: .pre-commit-config.yaml
    "ruff check": ["ruff", "check"],
    "ruff format": ["ruff", "format", "--check"],
    "mypy": ["mypy"],
    "lint-imports": ["lint-imports"],
}
DISTRIBUTED = ["--numprocesses", WORKERS, "--dist=loadscope", "--no-loadscope-reorder"]
TESTS = {
    "coverage erase": ["coverage", "erase"],  # what a run that was cut off left
    "pytest": ["coverage", "run", "-m", "pytest", *DISTRIBUTED, "--durations=10"],
    "coverage combine": ["coverage", "combine", "--quiet"],
    "coverage report": ["coverage", "report"],  # fails under 100 %, with the lines that are missing
}


Volume = Annotated[bool, flag("--volume", "Only the volume suite, in full: up to 15 minutes.")]
Schedules = Annotated[
    bool, flag("--schedules", "Only the random schedules, all 2,000 of readings and of alerts.")
]
SCHEDULES = ["tests/simulation/test_schedules.py", "tests/simulation/test_alert_schedules.py"]


def test(
    context: typer.Context,
    *,
    volume: Volume = False,  # noqa: PT028 - a command
    schedules: Schedules = False,  # noqa: PT028 - likewise
) -> None:
    """Run all checks and tests; with arguments, pytest with these.

    Without arguments: ruff, its formatter, mypy, import-linter, then pytest with everything: rules,
    contracts on the real Kafka and MongoDB (started for it), and the pipeline, in two processes;
    last, the branches of functions/ and shared/ that no test takes. Some minutes. All are run even
    if one fails; the exit code is 1 then.

    - `local-dev/test tests/unit` only these: seconds, and no server
    - `local-dev/test -m 'not pipeline'` all but the whole system
    - `local-dev/test --schedules` all 2,000 random schedules of each kind; else 500 are run
    - `local-dev/test --volume` what holds with millions of readings, and the figures as a table
    """
    if volume:
        sys.exit(status_of(["pytest", "tests/volume", *context.args], {"VOLUME": "full"}))
    if schedules:
        command = ["pytest", *SCHEDULES, *DISTRIBUTED, *context.args]
        sys.exit(status_of(command, {"SCHEDULES": "full"}))
    if context.args:
        sys.exit(status_of(["pytest", *context.args]))
    rows = []
    for name, command in (CHECKS | TESTS).items():
        show(f"--- {name}")
        begun = time.monotonic()
        status = status_of(command)
        result = "ok" if status == 0 else f"FAILED ({status})"
        rows.append((name, result, f"{time.monotonic() - begun:.1f} s"))
    show("--- in all", table(("check", "result", "time"), rows))
    sys.exit(1 if any(result != "ok" for _, result, _ in rows) else 0)


def status_of(command: list[str], environment: Mapping[str, str] | None = None) -> int:
    """Run a tool of the virtual environment on the whole checkout, and return its exit code."""
    tool, *arguments = command
    program = [] if tool == "ruff" else [sys.executable]  # a script's first line may not be true
    path = os.pathsep.join([str(ROOT), str(ROOT / "local-dev")])
    done = subprocess.run(
        [*program, BIN / tool, *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": path} | dict(environment or {}),
        check=False,
    )
    return done.returncode


if __name__ == "__main__":
    run(test, context=PASS_ON | {"allow_interspersed_args": False})
