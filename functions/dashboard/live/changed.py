"""What has changed of late, by position: so a client that comes back is told what it missed; pure.

Rows are stored by their ids alone. What they hold is read when somebody is told, so a row that
changed often is told once, and never as it was.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from functions.dashboard.live.interest import Change, Interest
from functions.dashboard.live.position import Position

MOST_REMEMBERED: Final = 50_000  # changes, some 200 bytes each
MOST_TOLD: Final = 500  # to one client at once; with more it reads its view anew
MOST_READ: Final = 2_000  # rows at once, for all clients together


@dataclass(frozen=True, slots=True)
class Changed:
    """Rows that changed up to a position, after the one before."""

    position: Position
    changes: frozenset[Change]


class History:
    """What changed since `start`; the oldest goes where it would be too much."""

    def __init__(self, start: Position) -> None:
        self.start = start
        self.position = start
        self._changed: deque[Changed] = deque()
        self._count = 0

    def add(self, changed: Changed) -> None:
        """Remember what changed up to its position."""
        self._changed.append(changed)
        self.position = changed.position
        self._count += len(changed.changes)
        while self._count > MOST_REMEMBERED:
            oldest = self._changed.popleft()
            self._count -= len(oldest.changes)
            self.start = oldest.position

    def since(self, after: Position) -> frozenset[Change] | None:
        """Return what changed after a position; None where that is not known any more.

        What changed at the position itself is in it: a transaction has one time for all it writes.
        """
        if after < self.start:
            return None
        later = (one.changes for one in self._changed if one.position >= after)
        return frozenset().union(*later)


def plan(
    changes: frozenset[Change], interests: Iterable[Interest]
) -> tuple[Sequence[Change], frozenset[Interest]]:
    """Return which rows to read, and whose clients are told to read their views anew instead."""
    wanted: set[Change] = set()
    anew: set[Interest] = set()
    for interest in interests:
        mine = set(interest.among(changes))
        if len(mine) > MOST_TOLD or len(wanted | mine) > MOST_READ:
            anew.add(interest)
        else:
            wanted |= mine
    return sorted(wanted, key=lambda one: (one.kind, one.row_id)), frozenset(anew)
