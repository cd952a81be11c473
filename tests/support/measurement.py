"""Coverage, measured while the tests of `unit`, `contract`, `secured` and some schedules run.

The others run the code that these describe, in more schedules, in mutated copies or in a whole
system: measured, they would take up to twice their time and add no line.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from coverage import Coverage

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).resolve().parents[1]
MEASURED = (
    TESTS / "unit",
    TESTS / "contract",
    TESTS / "secured",
    TESTS / "simulation" / "test_measured_schedules.py",
    TESTS / "simulation" / "test_real_schedules.py",
)
CHILDREN = "COVERAGE_PROCESS_CONFIG"  # coverage measures the processes that have this variable


def is_measured(path: Path) -> bool:
    """Return whether the test in this file is one that coverage counts."""
    return any(path.is_relative_to(folder) for folder in MEASURED)


@contextmanager
def paused() -> Iterator[None]:
    """Measure neither this process nor the processes that it starts meanwhile."""
    measuring = Coverage.current()
    if measuring is None:
        yield
        return
    of_the_children = os.environ.pop(CHILDREN, None)
    measuring.stop()
    try:
        yield
    finally:
        measuring.start()
        if of_the_children is not None:
            os.environ[CHILDREN] = of_the_children


def environment_of_children() -> dict[str, str]:
    """Return what a process with an environment of its own needs to be measured, too."""
    return {name: value for name, value in os.environ.items() if name == CHILDREN}
