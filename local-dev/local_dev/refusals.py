"""Sentences for what the operating system refuses, each with a remedy.

Standard library only: `environment.py` uses it before anything is installed.
"""

from __future__ import annotations

import errno
import os
import pwd
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

NOT_WRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS)
FULL = (errno.ENOSPC, errno.EDQUOT)
LITTLE_BYTES = 16 << 20  # a server that begins a new file with less than this free has no chance
MEMORY = "there is not enough memory on this machine: end other programs"
IN_USE = "another process uses the same data: look for one that an earlier start left behind"
PERMISSION = ("Permission denied", "AccessDeniedException", "read-only directory")
REASONS = {  # what servers and pip write, and what it means
    "insufficient memory for the Java Runtime": MEMORY,
    "Cannot allocate memory": MEMORY,
    "OutOfMemoryError": MEMORY,
    "Too many open files": "too few files may be open at a time: raise `ulimit -n`",
    "Failed to acquire lock on file": IN_USE,
    "DBPathInUse": IN_USE,
    "Invalid featureCompatibilityVersion": "the data is of another version of MongoDB: use"
    " that version, or remove the data with local-dev/reset",
    "No matching distribution found": "the package index does not have what is needed for this"
    " Python and machine, or is out of reach: see `pip config list` and the proxy's variables",
}

BAD_CHARACTERS = {  # what each does in the path of a virtual environment or of jars
    os.pathsep: "ends a path for Python and Java",
    "!/": "ends a jar's name for Java",
    "[\U00010000-\U0010ffff]": "is not found by Java in a class path",
}


def refusal(error: OSError) -> str:
    """Return one sentence for an error of the operating system."""
    path = Path(os.fsdecode(error.filename)) if error.filename is not None else None
    if path is None:
        return error.strerror or str(error)
    if error.errno in FULL:
        return _full(path)
    if error.errno in NOT_WRITABLE:
        return _not_writable(path)
    return f"{path}: {error.strerror}"


def reason_in(output: Iterable[str], folder: Path) -> str | None:
    """Return what a program's last lines, and the state of its folder, say about its end."""
    text = "\n".join(output)
    if "No space left on device" in text or "Disk quota exceeded" in text or _is_full(folder):
        return _full(folder)
    if any(mark in text for mark in PERMISSION):
        return _not_writable(_of_another_user(folder))
    return next((reason for mark, reason in REASONS.items() if mark in text), None)


def fault_of_path(checkout: Path) -> str | None:
    """Return the character in a checkout's path by which Python or Java would not find files."""
    try:
        os.fsencode(checkout).decode()
    except UnicodeDecodeError:
        return f"{str(checkout)!a}: the checkout's path has a byte that is not UTF-8: rename it"
    for pattern, effect in BAD_CHARACTERS.items():
        if found := re.search(pattern, f"{checkout}/"):
            sign = f"{found[0][0]!r}, which {effect}"
            return f"{checkout}: the checkout's path has the character {sign}: rename the folder"
    return None


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < LITTLE_BYTES
    except OSError:
        return False


def _full(path: Path) -> str:
    free = shutil.disk_usage(_existing(path)).free
    return f"the disk of {path} is full ({free >> 20} MB free): make room there"


def _not_writable(path: Path) -> str:
    there = _existing(path)
    user, owner = _name_of(os.geteuid()), _name_of(there.stat().st_uid)
    if owner == user:
        return f"{path} cannot be used: {there} is read-only for its owner {user}"
    return (
        f"{path} cannot be used by {user}: {there} belongs to {owner}."
        f" Give it back with: sudo chown -R {user} '{there}'"
    )


def _of_another_user(folder: Path) -> Path:
    """Return the first file in the folder, or below it, that is not ours; else the folder."""
    found = (folder, *folder.glob("*"), *folder.glob("*/*"))
    return next((each for each in found if each.lstat().st_uid != os.geteuid()), folder)


def _name_of(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:  # a container's user, for instance
        return str(user)


def _existing(path: Path) -> Path:
    """Return the path, or the nearest folder above it that is there and can be seen."""
    for candidate in (path, *path.absolute().parents):
        try:
            candidate.stat()
        except OSError:
            continue
        return candidate
    return Path("/")
