"""A copy of the code under test with a fault in it; schedules run on it in a process of its own.

A mutant is a patch whose file name says the fault. Its first lines may name the kind of schedules
that find it (`Schedules: hot`), for a fault that shows only there, and one that did (`Seed: 17`):
that is tried first, since those before it take their time.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

MUTANTS: Final = sorted((Path(__file__).parent / "mutants").glob("*.patch"))
_COPIED: Final = ("functions/__init__.py", "functions/aggregate", "functions/alert", "shared")
_KIND: Final = "Schedules: "
_SEED: Final = "Seed: "
_USED: Final = ("simulation", "chaos")  # of the tests: the schedules, and the oracle
_TIMEOUT_S: Final = 300
_LOCAL_DEV: Final = Path(__file__).parents[2] / "local-dev"  # the oracle's; it is not mutated


def run_copy(folder: Path, count: int, kind: str | None = None, first: int = 0) -> tuple[int, str]:
    """Run up to `count` schedules on the copy in `folder`; return exit code and output."""
    command = [sys.executable, "-m", "tests.simulation.run_schedules"]
    command += ["--first", str(first), "--count", str(count)]
    path = os.pathsep.join([str(folder), str(_LOCAL_DEV)])
    ended = subprocess.run(
        command + (["--kind", kind] if kind else []),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


def run_until_found(folder: Path, count: int, mutant: Path) -> tuple[int, str]:
    """Run the schedule that a mutant names, then up to `count`; return as `run_copy` does."""
    kind, seed = _said(mutant, _KIND), _said(mutant, _SEED)
    if seed is not None:
        code, printed = run_copy(folder, 1, kind, int(seed))
        if code != 0:
            return code, printed
    return run_copy(folder, count, kind)


def copy_code(root: Path, folder: Path) -> None:
    """Copy the code under test; the schedules themselves are those of `root`."""
    (folder / "functions").mkdir(parents=True)
    ignored = shutil.ignore_patterns("__pycache__")
    for name in _COPIED:
        source = root / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy(source, folder / name)
    (folder / "tests").mkdir()
    for name in _USED:
        (folder / "tests" / name).symlink_to(root / "tests" / name)


def put_in(mutant: Path, folder: Path) -> None:
    """Put the fault into the copy; the code it was made for must be there as it was."""
    ended = subprocess.run(
        ["git", "apply", "-p1", str(mutant)],
        cwd=folder,
        env={**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, f"the patch no longer applies: {mutant.name}\n{ended.stderr}"


def _said(mutant: Path, name: str) -> str | None:
    head, _, _ = mutant.read_text().partition("--- ")
    return next(
        (line.removeprefix(name) for line in head.splitlines() if line.startswith(name)), None
    )
