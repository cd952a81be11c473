"""A copy of the code under test with a fault in it; schedules run on it in a process of its own.

A mutant is a patch whose file name says the fault. Its first line may name the kind of schedules
that find it (`Schedules: hot`), for a fault that shows only there.
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
_USED: Final = ("simulation", "chaos")  # of the tests: the schedules, and the oracle
_TIMEOUT_S: Final = 300
_LOCAL_DEV: Final = Path(__file__).parents[2] / "local-dev"  # the oracle's; it is not mutated


def run_copy(folder: Path, count: int, kind: str | None = None) -> tuple[int, str]:
    """Run up to `count` schedules on the copy in `folder`; return exit code and output."""
    command = [sys.executable, "-m", "tests.simulation.run_schedules", "--count", str(count)]
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


def kind_for(mutant: Path) -> str | None:
    """Return the kind of schedules that find it; None for those of all kinds."""
    first, _, _ = mutant.read_text().partition("\n")
    return first.removeprefix(_KIND) if first.startswith(_KIND) else None
