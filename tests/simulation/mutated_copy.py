"""How does a mutant run? The code under test is copied, the fault is put into the copy, and a
process of its own runs schedules against it.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.simulation.mutants import Mutant

_COPIED: Final = ("functions/__init__.py", "functions/aggregate", "functions/alert", "shared")
_TIMEOUT_S: Final = 300
_LOCAL_DEV: Final = Path(__file__).parents[2] / "local-dev"  # the oracle's; it is not mutated


def run_copy(folder: Path, count: int, *, only_races: bool = False) -> tuple[int, str]:
    """Run up to `count` schedules on the copy in `folder`, which is also found first."""
    command = [sys.executable, "-m", "tests.simulation.run_schedules", "--count", str(count)]
    path = os.pathsep.join([str(folder), str(_LOCAL_DEV)])
    ended = subprocess.run(
        command + ["--races"] * only_races,
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
        elif source.exists():
            shutil.copy(source, folder / name)
    (folder / "tests").mkdir()
    (folder / "tests" / "simulation").symlink_to(root / "tests" / "simulation")


def put_in(mutant: Mutant, folder: Path) -> None:
    """Put the fault into the copy; a place that is not there once stops it."""
    file = folder / mutant.file
    text = file.read_text()
    for before, after in mutant.changes:
        assert text.count(before) == 1, f"{mutant.name}: not there once: {before!r}"
        text = text.replace(before, after)
    file.write_text(text)
