"""Is everything installed? Makes the virtual environment, then becomes the command in it.

The launchers run this file itself, before anything is installed: standard library only.
What is installed is exactly what a lock file of `requirements/` names, by hash; a stamp with the
lock's own hash makes the next start skip all of it.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LAST_LINES = 20


def main() -> None:
    """Run `local_dev.commands.<command>` with the requirements `<local|dev>`: arguments 1 and 2."""
    requirements, command, *arguments = sys.argv[1:]
    lock = ROOT / "requirements" / f"{requirements}.txt"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = VENV / f"installed-{requirements}"
    if not _is_installed(stamp, wanted):
        with _one_at_a_time():
            if not _is_installed(stamp, wanted):
                _install(lock)
                stamp.write_text(wanted)
    path = os.pathsep.join(filter(None, [str(ROOT / "local-dev"), os.environ.get("PYTHONPATH")]))
    environment = os.environ | {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
    os.execve(PYTHON, [str(PYTHON), "-m", f"local_dev.commands.{command}", *arguments], environment)  # noqa: S606 - our own python


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
    packages = sum("==" in line for line in lock.read_text().splitlines())
    print(f"installing up to {packages} packages from {lock.relative_to(ROOT)}", flush=True)
    options = ["--require-hashes", "--only-binary=:all:", "--no-input"]
    quiet = ["--disable-pip-version-check", "--root-user-action=ignore", "--progress-bar=off"]
    _run_showing_progress([*_pip(), "install", *options, *quiet, "-r", str(lock)], packages)


def _make_venv() -> None:
    """Make it anew: with pip where this Python can, else this Python's own pip fills it."""
    without_pip = [] if importlib.util.find_spec("ensurepip") else ["--without-pip"]
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", *without_pip, str(VENV)], check=False
    )
    if made.returncode != 0:
        sys.exit(f"{sys.executable} could not make a virtual environment (its words are above)")


def _pip() -> list[str]:
    if any(VENV.glob("lib/python3.*/site-packages/pip")):
        return [str(PYTHON), "-m", "pip"]
    return [sys.executable, "-m", "pip", "--python", str(PYTHON)]


def _run_showing_progress(command: list[str], packages: int) -> None:
    """Run pip; say which package it is at, on one line of a terminal, else now and then."""
    lines: list[str] = []
    collected = 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as pip:
        assert pip.stdout is not None, "asked for above"
        for line in pip.stdout:
            lines.append(line)
            if line.startswith("Collecting "):
                collected += 1
                _show(f"  {collected} of {packages}: {line.split()[1]}", collected)
            if line.startswith("Installing collected"):
                _show("  unpacking and writing the files", 0)
    if pip.returncode != 0:
        print("\n" + "".join(lines[-LAST_LINES:]), file=sys.stderr)
        sys.exit("pip could not install what is needed: its last words are above")
    print("\n  done" if sys.stdout.isatty() else "  done", flush=True)


def _show(text: str, number: int) -> None:
    if sys.stdout.isatty():
        print(f"\r\x1b[K{text}", end="", flush=True)
    elif number % 10 == 0:
        print(text, flush=True)


if __name__ == "__main__":
    main()
