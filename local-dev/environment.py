"""The virtual environment of this checkout: made and filled where it is not, then used.

The launchers run this file itself, before anything is installed: standard library only.
What is installed is exactly what a lock file of `requirements/` names, by hash; a stamp with the
lock's own hash makes the next start skip all of it.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import IO

from local_dev.refusals import fault_of_path, reason_in, refusal

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LAST_LINES = 20
# Settings of pip that would send the packages elsewhere, or not install them, or others too.
NOT_FOR_US = frozenset(
    f"PIP_{name}"
    for name in (
        *("USER", "TARGET", "PREFIX", "ROOT", "PYTHON", "DRY_RUN", "NO_DEPS"),
        *("REQUIREMENT", "CONSTRAINT", "EDITABLE", "GROUP", "PLATFORM", "ABI", "IMPLEMENTATION"),
        *("PYTHON_VERSION", "HELP", "VERSION", "QUIET"),
    )
)
MISSING = """\
import sys
from importlib.metadata import PackageNotFoundError, version
def is_there(name, wanted):
    try:
        return version(name) == wanted
    except PackageNotFoundError:
        return False
print(*(line for line in sys.argv[1:] if not is_there(*line.split("=="))))
"""


def main() -> None:
    """Run a command with the requirements `<local|dev>`: arguments 2 and 1.

    A command is a module of `local_dev.commands`, or, with a dot in its name, any of the checkout.
    """
    requirements, command, *arguments = sys.argv[1:]
    if fault := fault_of_path(ROOT):
        sys.exit(fault)
    try:
        _make_ready(requirements)
    except OSError as error:
        sys.exit(refusal(error))
    is_ours = "." not in command
    folders = [str(ROOT / "local-dev"), "" if is_ours else str(ROOT), os.environ.get("PYTHONPATH")]
    path = os.pathsep.join(filter(None, folders))
    ours = {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
    module = ["-m", f"local_dev.commands.{command}" if is_ours else command, *arguments]
    os.execve(PYTHON, [str(PYTHON), *module], os.environ | ours)  # noqa: S606 - our own python


def _make_ready(requirements: str) -> None:
    lock = ROOT / "requirements" / f"{requirements}.txt"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = VENV / f"installed-{requirements}"
    if _is_installed(stamp, wanted):
        return
    with _one_at_a_time():
        if not _is_installed(stamp, wanted):
            _install(lock)
            stamp.write_text(wanted)


def _is_installed(stamp: Path, wanted: str) -> bool:
    return PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted


def _one_at_a_time() -> IO[str]:
    """Wait until no other command installs into this checkout's environment; hold until closed."""
    folder = ROOT / ".data" / "cache"
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / "environment.lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def _install(lock: Path) -> None:
    if not PYTHON.exists():
        print(f"making the virtual environment {VENV}", flush=True)
        _make_venv()
    if not os.access(VENV, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(VENV))
    packages = [line.split()[0] for line in lock.read_text().splitlines() if "==" in line]
    print(f"installing up to {len(packages)} packages from {lock.relative_to(ROOT)}", flush=True)
    options = ["--no-user", "--require-hashes", "--only-binary=:all:", "--no-input"]
    quiet = ["--disable-pip-version-check", "--root-user-action=ignore", "--progress-bar=off"]
    _run_showing_progress(
        [*_pip(), "install", *options, *quiet, "-r", str(lock)], len(packages), _environment()
    )
    _refuse_unless_installed(lock)


def _make_venv() -> None:
    """Make it anew: with pip where this Python can, else this Python's own pip fills it."""
    without_pip = [] if importlib.util.find_spec("ensurepip") else ["--without-pip"]
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", *without_pip, str(VENV)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        reason = reason_in(made.stdout.splitlines(), ROOT)
        print(made.stdout, file=sys.stderr)
        sys.exit(reason or f"{sys.executable} could not make a virtual environment: see above")


def _pip() -> list[str]:
    if any(VENV.glob("lib/python3.*/site-packages/pip")):
        return [str(PYTHON), "-m", "pip"]
    return [sys.executable, "-m", "pip", "--python", str(PYTHON)]


def _environment() -> dict[str, str]:
    """Return the environment for pip: how to reach packages is the user's, where they go is ours.

    Without PYTHONPATH: what is found there would count as installed.
    """
    return {
        name: value
        for name, value in os.environ.items()
        if name.upper() not in NOT_FOR_US and name != "PYTHONPATH"
    }


def _refuse_unless_installed(lock: Path) -> None:
    """Exit where pip was content, but a package is not in the environment: no stamp then."""
    lines = [line for line in lock.read_text().splitlines() if "==" in line]
    pinned = [line.split()[0] for line in lines if ";" not in line]  # else not on every machine
    found = subprocess.run(
        [PYTHON, "-I", "-c", MISSING, *pinned], capture_output=True, text=True, check=True
    )
    if missing := found.stdout.split():
        sys.exit(
            f"pip was content, but {missing[0]} is not in {VENV}: a setting of pip sends packages"
            " elsewhere; `pip config list` shows it (user, target, prefix, root)"
        )


def _run_showing_progress(command: list[str], packages: int, environment: dict[str, str]) -> None:
    """Run pip; show which package it is at, on one line of a terminal, else now and then."""
    lines: list[str] = []
    collected = 0
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    ) as pip:
        assert pip.stdout is not None, "requested above"
        for line in pip.stdout:
            lines.append(line)
            if line.startswith("Collecting "):
                collected += 1
                _show(f"  {collected} of {packages}: {line.split()[1]}", collected)
            if line.startswith("Installing collected"):
                _show("  unpacking and writing the files", 0)
    if pip.returncode != 0:
        print("\n" + "".join(lines[-LAST_LINES:]), file=sys.stderr)
        reason = reason_in(lines[-LAST_LINES:], VENV)
        sys.exit(f"pip could not install what is needed: {reason or 'its last words are above'}")
    print("\n  done" if sys.stdout.isatty() else "  done", flush=True)


def _show(text: str, number: int) -> None:
    if sys.stdout.isatty():
        print(f"\r\x1b[K{text}", end="", flush=True)
    elif number % 10 == 0:
        print(text, flush=True)


if __name__ == "__main__":
    main()
