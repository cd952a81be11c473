"""The processes of functions, found without asking the bridge: it may be stopped."""

from __future__ import annotations

import contextlib

import psutil


def functions_of(parent: int, name: str | None = None) -> list[int]:
    """Return the living functions that a process started: all of them, or those of one name."""
    with contextlib.suppress(psutil.NoSuchProcess):
        children = psutil.Process(parent).children()
        return [child.pid for child in children if _is_function(child, name)]
    return []


def _is_function(process: psutil.Process, name: str | None) -> bool:
    try:
        words = process.cmdline()
    except psutil.Error:  # it ended in the meantime
        return False
    return words[1:3] == ["-m", "functions"] and (name is None or words[3:4] == [name])
