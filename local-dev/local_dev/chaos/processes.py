"""Which processes are instances of a function? Read from /proc, so that a hanging bridge is no
hindrance.
"""

from __future__ import annotations

from pathlib import Path


def children_of(parent: int, function: str | None = None) -> list[int]:
    """Return the living functions that this process started: all, or of one name."""
    wanted = b"functions." + (function or "").encode()
    return [
        int(folder.name)
        for folder in Path("/proc").glob("[0-9]*")
        if _parent_of(folder) == parent and wanted in _read(folder / "cmdline")
    ]


def _parent_of(folder: Path) -> int | None:
    after_name = _read(folder / "stat").rpartition(b")")[2].split()  # a name may hold spaces
    return int(after_name[1]) if after_name else None


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:  # it ended in the meantime
        return b""
