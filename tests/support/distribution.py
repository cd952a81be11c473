"""Which tests one worker runs together, and in which order, where pytest-xdist runs them in two.

What takes long begins first, and the many independent tests of `simulation`, which need nothing
but a processor, fill what is left at the end.
"""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
ORDER = ("pipeline", "volume", "conformance", "contract", "manifests", "bench", "cluster", "unit")
ALONE = frozenset({"simulation"})  # each of its tests may run anywhere
TOGETHER = frozenset({"pipeline"})  # one running system is shared by most of them


def distribute(items: list[pytest.Item]) -> None:
    """Sort the tests, the longest folders first, and mark those that one worker runs together."""
    items.sort(key=_place)
    for item in items:
        folder = _folder(item)
        if folder not in ALONE:
            group = folder if folder in TOGETHER else item.nodeid.partition("::")[0]
            item.add_marker(pytest.mark.xdist_group(group))


def _place(item: pytest.Item) -> int:
    folder = _folder(item)
    return ORDER.index(folder) if folder in ORDER else len(ORDER)


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(TESTS).parts[0]
