"""`local-dev/test`: all checks and tests; with arguments, pytest with these."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

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
BESIDE = ("mypy",)  # takes a processor for most of a minute, while the first tests wait a lot
DISTRIBUTED = ["--numprocesses", WORKERS, "--dist=loadscope", "--no-loadscope-reorder"]
TESTS = {
    "coverage erase": ["coverage", "erase"],  # what a run that was cut off left
    "pytest": ["coverage", "run", "-m", "pytest", *DISTRIBUTED, "--durations=10"],
    "coverage combine": ["coverage", "combine", "--quiet"],
    "coverage report": ["coverage", "report"],  # fails under 100 %, with the lines that are missing
}


Volume = Annotated[bool, flag("--volume", "Only the volume suite, in full: up to 15 minutes.")]
Schedules = Annotated[
    bool, flag("--schedules", "Only the random schedules, all 2,000 of each kind, and all mutants.")
]
SCHEDULES = [
    f"tests/simulation/test_{name}.py" for name in ("schedules", "alert_schedules", "mutants")
]


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
    - `local-dev/test --schedules` all random schedules and mutants, of which else some are run
    - `local-dev/test --volume` what holds with millions of readings, and the figures as a table
    """
    if volume:
        sys.exit(status_of(["pytest", "tests/volume", *context.args], {"VOLUME": "full"}))
    if schedules:
        command = ["pytest", *SCHEDULES, *DISTRIBUTED, *context.args]
        sys.exit(status_of(command, {"SCHEDULES": "full"}))
    if context.args:
        sys.exit(status_of(["pytest", *context.args]))
    quick = {name: command for name, command in CHECKS.items() if name not in BESIDE}
    rows = [_row_of(name, command) for name, command in quick.items()]
    with ThreadPoolExecutor() as pool:
        beside = [pool.submit(_row_of, name, CHECKS[name], is_told_later=True) for name in BESIDE]
        rows += [_row_of(name, command) for name, command in TESTS.items()]
        rows += [one.result() for one in beside]
    show("--- in all", table(("check", "result", "time"), rows))
    sys.exit(1 if any(result != "ok" for _, result, _ in rows) else 0)


def _row_of(name: str, command: list[str], *, is_told_later: bool = False) -> tuple[str, str, str]:
    """Run a check; return its row. What it says is shown as it comes, or after it has ended."""
    begun = time.monotonic()
    with tempfile.TemporaryFile("w+") if is_told_later else nullcontext() as said:
        if said is None:
            show(f"--- {name}")
        status = status_of(command, output=said)
        if said is not None:
            said.seek(0)
            show(f"--- {name}")
            show(said.read().rstrip())
    result = "ok" if status == 0 else f"FAILED ({status})"
    return name, result, f"{time.monotonic() - begun:.1f} s"


def status_of(
    command: list[str],
    environment: Mapping[str, str] | None = None,
    output: IO[str] | None = None,
) -> int:
    """Run a tool of the virtual environment on the whole checkout, and return its exit code."""
    tool, *arguments = command
    program = [] if tool == "ruff" else [sys.executable]  # a script's first line may not be true
    path = os.pathsep.join([str(ROOT), str(ROOT / "local-dev")])
    done = subprocess.run(
        [*program, BIN / tool, *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": path} | dict(environment or {}),
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        check=False,
    )
    return done.returncode


if __name__ == "__main__":
    run(test, context=PASS_ON | {"allow_interspersed_args": False})
