"""The offset up to which a partition may be committed.

Only the contiguous prefix: one record that is not done with holds the commit, not the flow.
"""

from __future__ import annotations

from collections import deque


class OffsetTracker:
    """The records of one partition that were received and are not yet committed."""

    def __init__(self) -> None:
        self._open: deque[int] = deque()
        self._settled: set[int] = set()
        self._next: int | None = None
        self._committed: int | None = None

    def received(self, offset: int) -> None:
        """Note a record; offsets grow, with gaps where transactions or compaction made them."""
        self._open.append(offset)

    def settled(self, offset: int) -> None:
        """Note that a record was accepted, dead-lettered or dropped."""
        self._settled.add(offset)
        while self._open and self._open[0] in self._settled:
            first = self._open.popleft()
            self._settled.remove(first)
            self._next = first + 1

    @property
    def next_offset(self) -> int | None:
        """The offset behind the contiguous prefix; None before the first record is settled."""
        return self._next

    def take_commit(self) -> int | None:
        """Return the offset to commit now, or None where the last commit still stands."""
        if self._next == self._committed:
            return None
        self._committed = self._next
        return self._next
