"""What was acknowledged and is not known to be counted yet, and what the notes name."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from shared.mongo.collections import NOTES, REFRESH_NOTES
from tests.simulation.database_double.replica import Document
from tests.simulation.generated_readings import TAG, WIDTH_S
from tests.simulation.oracle import values_of, window_of

LATE: Final = "late"


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A reading, the pair that it belongs to, and the database's time of its acknowledgement."""

    reading_id: str
    pair: tuple[str, datetime]
    bit: int
    seconds: int
    is_noted: bool = True  # by the version before only what was late


def acknowledged(raw: Document, seconds: int, *, is_noted: bool = True) -> Acknowledged | None:
    """Return the reading as acknowledged; None where it has no tag to tell it by."""
    tag = values_of(raw).get(TAG)
    if tag is None:
        return None
    pair = (raw["device_id"], window_of(raw["ts"], WIDTH_S))
    return Acknowledged(raw["_id"], pair, int(tag), seconds, is_noted)


@dataclass(slots=True)
class NotesHeld:
    """What the notes name that a majority holds: readings by id, and pairs; by lane."""

    _readings: dict[str, Counter[str]] = field(default_factory=dict)
    _pairs: dict[str, Counter[tuple[str, datetime]]] = field(default_factory=dict)

    def changed(self, collection: str, before: Document | None, after: Document | None) -> None:
        for note, many in ((before, -1), (after, 1)):
            if note is not None:
                self._count(collection, note, many)

    def name(self, one: Acknowledged, *lanes: str) -> bool:
        """Return whether a note of these lanes names the reading or its pair; any, without one."""
        chosen = lanes or tuple(self._readings)
        return any(
            self._readings.get(lane, Counter())[one.reading_id] > 0
            or self._pairs.get(lane, Counter())[one.pair] > 0
            for lane in chosen
        )

    def _count(self, collection: str, note: Document, many: int) -> None:
        lane = LATE if collection == NOTES else str(note["_id"]).split("/")[1]
        readings = self._readings.setdefault(lane, Counter())
        for reading in note.get("readings", ()):
            readings[reading["_id"]] += many
        pairs = self._pairs.setdefault(lane, Counter())
        for pair in _pairs_in(note):
            pairs[pair] += many


def is_note(collection: str) -> bool:
    return collection in (NOTES, REFRESH_NOTES)


def _pairs_in(note: Document) -> Iterator[tuple[str, datetime]]:
    for window in note.get("windows", ()):
        yield from ((device_id, window["window_start"]) for device_id in window["device_ids"])


def mask_of(views: dict[Any, Document], pair: tuple[str, datetime]) -> int:
    """Return which readings the pair's view of TAG is of: a bit for each."""
    written = pair[1].isoformat(timespec="milliseconds").replace("+00:00", "Z")
    view = views.get(f"{pair[0]}/{TAG}/{WIDTH_S}s/{written}")
    return 0 if view is None else int(view["sum"])


def bits_of(raws: Iterable[Document]) -> int:
    """Return the bits of these readings."""
    return sum({int(values_of(raw).get(TAG, 0)) for raw in raws})
