"""A checkout of its own for tests of the launchers: the real ones, and a command that echoes."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ECHO = 'import sys\nprint("in", sys.prefix, "with", sys.argv[1:])\n'


@dataclass(frozen=True, slots=True)
class Checkout:
    """A repository that needs no packages."""

    folder: Path

    def lock(self, content: str) -> None:
        (self.folder / "requirements" / "local.txt").write_text(content)

    def up(self, *arguments: str, user: str | None = None, **environment: str) -> str:
        """Run its `local-dev/up` from elsewhere and return all that it printed."""
        done = subprocess.run(
            [self.folder / "local-dev" / "up", *arguments],
            env=_unmeasured(os.environ) | environment,
            cwd="/",
            user=user,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=100,
            check=False,
        )
        return done.stdout


def _unmeasured(environment: Mapping[str, str]) -> dict[str, str]:
    """Return it without coverage's: another user could not write into this checkout's data."""
    return {name: value for name, value in environment.items() if not name.startswith("COVERAGE_")}


def checkout_in(folder: Path, root: Path) -> Checkout:
    (folder / "local-dev" / "local_dev" / "commands").mkdir(parents=True)
    (folder / "requirements").mkdir()
    files = ("with-environment", "up", "environment.py")
    for file in (*files, "local_dev/__init__.py", "local_dev/refusals.py"):
        shutil.copy(root / "local-dev" / file, folder / "local-dev" / file)
    (folder / "local-dev/local_dev/commands/up.py").write_text(ECHO)
    return Checkout(folder)
