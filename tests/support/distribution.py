"""Which tests one worker runs together, and in which order, where pytest-xdist runs them in two.

What takes long begins first, and the many independent tests of `simulation`, which need nothing
but a processor, fill what is left at the end.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    import pytest

ORDER = (
    "pipeline",
    "volume",
    "browser",
    "replicas",
    "secured",
    "upgrade",
    "conformance",
    "contract",
    "manifests",
    "bench",
    "cluster",
    "unit",
    "simulation",
)
ALONE = frozenset({"simulation"})  # each of its tests may run anywhere
TOGETHER = frozenset({"pipeline", "secured"})  # one running system is shared by most of them


class Distribution(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist carries no types
    """Hands out files, with their modules' fixtures, but whole folders and single tests, too."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def group_of(nodeid: str) -> str:
    """Return the name of what runs in one worker: a folder, a file, or a test alone."""
    file = nodeid.partition("::")[0]
    folder = folder_of(file)
    if folder in TOGETHER:
        return folder
    return nodeid if folder in ALONE else file


def sort_by_duration(items: list[pytest.Item]) -> None:
    """Sort the tests: the folders that take longest first, all else as it is."""
    places = {folder: place for place, folder in enumerate(ORDER)}
    items.sort(key=lambda item: places.get(folder_of(item.nodeid), len(ORDER)))


def folder_of(nodeid: str) -> str:
    """Return the folder within `tests`."""
    return PurePosixPath(nodeid).parts[1]
