"""Which checkpoints of a rule are kept, so that few readings are folded again; pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from shared.alerts.timeline.sample import Position

Document = dict[str, Any]
KEPT: Final = 6
_SECOND: Final = timedelta(seconds=1)


def position_of(checkpoint: Document) -> Position:
    """Return the position of a checkpoint, which is a document of a track after a sample."""
    ts, reading_id = checkpoint["position"]
    return ts, reading_id


def before(checkpoints: Sequence[Document], position: Position) -> tuple[Document, ...]:
    """Return the checkpoints before this position: those that a change at it leaves true."""
    return tuple(one for one in checkpoints if position_of(one) < position)


def thinned(checkpoints: Sequence[Document]) -> tuple[Document, ...]:
    """Return at most six of these, the oldest first: the newest, and ever fewer of what is older.

    Dropped is what lies closest between its neighbours, measured by its age. So a late reading
    finds one that is not much older than it, whether it is late by a minute or by a day.
    """
    kept = list(checkpoints)
    while len(kept) > KEPT:
        newest = position_of(kept[-1])[0]
        del kept[min(range(1, len(kept) - 1), key=lambda place: _worth(kept, place, newest))]
    return tuple(kept)


def _worth(kept: Sequence[Document], place: int, newest: datetime) -> float:
    older, younger = position_of(kept[place - 1])[0], position_of(kept[place + 1])[0]
    return (younger - older) / (newest - older + _SECOND)
