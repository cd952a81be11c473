"""What the replica set holds. What its primary has applied, what a majority holds of it, and
the clock by which both are told.

The majority lags behind: a write is applied at once, and held when `advance` says so. `fail_over`
loses what is applied and not held, as a new primary would.
"""

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import bson
from bson.codec_options import CodecOptions

Document = dict[str, Any]
_CODEC: Final = CodecOptions[Document](document_class=dict, tz_aware=True, tzinfo=UTC)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Optime(NamedTuple):
    """A time of the cluster's logical clock: whole seconds, then a counter."""

    seconds: int
    increment: int


class Entry(NamedTuple):
    """An entry of the oplog: this document is now so, or gone. A no-op has no `collection`."""

    optime: Optime
    collection: str
    key: Any
    document: Document | None


State = dict[str, dict[Any, Document]]
Watcher = Callable[[Entry, Document | None], None]


class Replica:
    """A replica set as its clients see it, on a clock that goes only when it is told to.

    `on_write` and `on_held` are called with each entry, and the document as it was before it.
    """

    def __init__(self, wall: datetime) -> None:
        self.wall = wall
        self.term = 1
        self.applied = Optime(_seconds(wall), 1)
        self.held = self.applied
        self.applied_state: State = {}
        self.held_state: State = {}
        self.unique: dict[str, list[tuple[str, str]]] = {}  # collection: (index name, field)
        self.on_write: Watcher = _nobody
        self.on_held: Watcher = _nobody
        self._pending: deque[Entry] = deque()

    def now(self) -> datetime:
        """Give the primary's own clock, $$NOW, in milliseconds."""
        return self.wall.replace(microsecond=self.wall.microsecond // 1000 * 1000)

    def behind_s(self) -> float:
        """Return how many seconds the wall clock is behind the logical one; less than 0 before."""
        return self.applied.seconds - (self.wall - _EPOCH).total_seconds()

    def tick(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)

    def write(self, collection: str, key: Any, document: Document | None) -> Optime:
        """Apply one change to one document."""
        self._advance_clock()
        stored = None if document is None else as_stored(document)
        entry = Entry(self.applied, collection, key, stored)
        self._pending.append(entry)
        self.on_write(entry, _apply(self.applied_state, entry))
        return self.applied

    def note_nothing(self) -> None:
        """Write an entry that changes nothing, as an idle primary does every 10 s."""
        self._advance_clock()
        self._pending.append(Entry(self.applied, "", None, None))

    @property
    def lag(self) -> int:
        """How many entries are applied and not held by a majority."""
        return len(self._pending)

    def advance(self, entries: int) -> None:
        """Let a majority hold this many more entries."""
        for _ in range(min(entries, len(self._pending))):
            entry = self._pending.popleft()
            self.held = entry.optime
            self.on_held(entry, _apply(self.held_state, entry))

    def fail_over(self, clock_difference_s: float) -> int:
        """Make another member primary: it has what a majority holds, and a clock of its own.

        Gives how many changes are lost. Its logical clock is not behind the old one's.
        """
        lost = sum(1 for entry in self._pending if entry.collection)
        self._pending.clear()
        self.applied_state = {name: dict(kept) for name, kept in self.held_state.items()}
        self.term += 1
        self.wall += timedelta(seconds=clock_difference_s)
        self.note_nothing()
        return lost

    def conflict(self, collection: str, document: Document) -> tuple[str, str] | None:
        """Give the unique index, by name and field, that refuses the insert of `document`."""
        present = self.applied_state.get(collection, {})
        if document["_id"] in present:
            return "_id_", "_id"
        for index, field in self.unique.get(collection, []):
            if field in document and any(
                other.get(field) == document[field] for other in present.values()
            ):
                return index, field
        return None

    def _advance_clock(self) -> None:
        present = Optime(_seconds(self.wall), 1)
        following = Optime(self.applied.seconds, self.applied.increment + 1)
        self.applied = max(present, following)


def as_stored(document: Document) -> Document:
    """Give a copy as it comes back from BSON: times in whole milliseconds, nothing shared."""
    return bson.decode(bson.encode(document), _CODEC)


def _apply(state: State, entry: Entry) -> Document | None:
    documents = state.setdefault(entry.collection, {})
    before = documents.get(entry.key)
    if entry.document is not None:
        documents[entry.key] = entry.document
    elif entry.collection:
        documents.pop(entry.key, None)
    return before


def _seconds(moment: datetime) -> int:
    return int((moment - _EPOCH).total_seconds())


def _nobody(_entry: Entry, _before: Document | None) -> None:
    return
