"""What must hold after each step: watches the replica's entries and what is acknowledged."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import combinations
from math import comb
from typing import Any, Final

from shared.mongo.collections import HOURS, RAW, REFRESH, VIEWS
from shared.mongo.reading_store import Incoming, intact_until
from tests.simulation.acknowledged import (
    LATE,
    Acknowledged,
    NotesHeld,
    acknowledged,
    bits_of,
    is_note,
    mask_of,
)
from tests.simulation.database_double.replica import Document, Entry, Replica
from tests.simulation.generated_readings import TAG, WIDTH_S
from tests.simulation.ledger import Broken, stored_as
from tests.simulation.oracle import summary_of, values_of, window_of
from tests.simulation.workers import GRACE_S

_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MANY: Final = 200
_WIDTH: Final = timedelta(seconds=WIDTH_S)
_TO_REFRESH: Final = timedelta(minutes=60)
SUMMARY: Final = f"refresh/{WIDTH_S}s"


class Invariants:
    """Raises Broken, from within the step that breaks one."""

    def __init__(self, replica: Replica, retention: timedelta | None = None) -> None:
        self._replica = replica
        self._retention = retention
        self._stored: dict[tuple[str, datetime], dict[str, Document]] = {}  # ever, by a majority
        self._notes = NotesHeld()
        self._open: dict[str, Acknowledged] = {}  # acknowledged by aggregate, not counted yet
        self._is_due = False
        self._settled: datetime | None = None  # the horizon has moved to here
        replica.on_write = self._on_write
        replica.on_held = self._on_held

    def seconds(self) -> int:
        """Return the database's time that a read is told at least, in seconds from 1970."""
        return self._replica.held.seconds

    def aggregate_acknowledged(self, incoming: Iterable[Incoming], began: int) -> None:
        """All are stored for good; each is noted or counted from now on.

        `began`: the database's time when their event came. A refresh has an hour from then on.
        """
        raws = self._found(incoming)
        for raw in raws:
            self._check_in_time(raw, began)
        self.open(raws)

    def open(self, raws: Iterable[Document], *, is_noted: bool = True) -> None:
        """Watch these readings until they are counted."""
        seconds = self._replica.applied.seconds
        for raw in raws:
            one = acknowledged(raw, seconds, is_noted=is_noted)
            if one is not None:
                self._open.setdefault(one.reading_id, one)
        self._is_due = True

    def alert_acknowledged(self, incoming: Iterable[Incoming]) -> None:
        """All are stored for good."""
        self._found(incoming)

    def check(self) -> None:
        """Check what depends on several documents, where one of them changed."""
        if self._is_due:
            self._is_due = False
            self._check_open()

    def uncounted(self) -> list[Acknowledged]:
        """Return what is acknowledged and in no view, but for what retention may have taken."""
        self._forget_counted()
        return [one for one in self._open.values() if self._is_intact(one)]

    def _found(self, incoming: Iterable[Incoming]) -> list[Document]:
        found = []
        for one in incoming:
            raw = stored_as(self._replica.held_state, one)
            if raw is None:
                if self._retention is not None:
                    continue
                raise Broken(f"acknowledged, but no majority holds {one.reading.reading_id}")
            found.append(raw)
        return found

    def _check_in_time(self, raw: Document, began: int) -> None:
        if self._retention is None:
            return
        end = intact_until(window_of(raw["ts"], WIDTH_S), self._retention) - _TO_REFRESH
        if _NEVER + timedelta(seconds=began) > end:
            raise Broken(f"acknowledged, though it may be too late to count it: {raw}")

    def _on_write(self, entry: Entry, _before: Document | None) -> None:
        if entry.collection != VIEWS or entry.document is None:
            return
        view = entry.document
        readings = self._stored.get((view["device_id"], view["timestamp"]), {})
        if view["sensor_type"] == TAG:
            mask, known = int(view["sum"]), bits_of(readings.values())
            is_right = mask & known == mask and view["count"] == mask.bit_count()
        else:
            values = [values_of(raw).get(view["sensor_type"]) for raw in readings.values()]
            is_right = _is_summary_of_some(view, [value for value in values if value is not None])
        if not is_right:
            raise Broken(f"a view is not of stored readings: {view}, {sorted(readings)}")

    def _on_held(self, entry: Entry, before: Document | None) -> None:
        after = entry.document
        if entry.collection == RAW and after is not None:
            pair = (after["device_id"], window_of(after["ts"], WIDTH_S))
            self._stored.setdefault(pair, {})[after["_id"]] = after
        elif is_note(entry.collection):
            self._notes.changed(entry.collection, before, after)
            self._is_due = True
        elif entry.collection == VIEWS:
            self._is_due = True
            if before is not None:
                _check_grown(before, after)
        elif entry.collection == HOURS:
            if before is not None and (after is None or after["count"] <= before["count"]):
                raise Broken(f"an hour shrank, or was written again: from {before} to {after}")
        elif entry.collection == REFRESH:
            self._on_state(entry.key, before or {}, after or {})

    def _on_state(self, key: str, before: Document, after: Document) -> None:
        earlier, later = before.get("horizon", _NEVER), after.get("horizon", _NEVER)
        if later > _NEVER + timedelta(seconds=self._replica.applied.seconds - GRACE_S):
            raise Broken(f"the horizon is ahead of what can be settled: {after}")
        if later < earlier:
            raise Broken(f"the horizon went back: from {before} to {after}")
        if key == SUMMARY and later > earlier:
            self._settled = later
            self._is_due = True

    def _check_open(self) -> None:
        self._forget_counted()
        for one in self._open.values():
            if one.is_noted and not self._notes.name(one) and self._is_intact(one):
                raise Broken(f"acknowledged, but neither counted nor noted: {one}")
        if self._settled is not None:
            for one in self._open.values():
                self._check_settled(one, self._settled)
            self._settled = None

    def _check_settled(self, one: Acknowledged, horizon: datetime) -> None:
        """Raise Broken where a window is settled without a reading that had been acknowledged.

        Nothing but a late note excuses that: the horizon moves by a clock that is later than this.
        """
        before = int((horizon - _NEVER).total_seconds()) + GRACE_S
        is_due = one.pair[1] + _WIDTH <= horizon and one.seconds < before
        if is_due and not self._notes.name(one, LATE) and self._is_intact(one):
            raise Broken(f"settled up to {horizon}, but not counted: {one}")

    def _forget_counted(self) -> None:
        views = self._replica.held_state.get(VIEWS, {})
        counted = [i for i, one in self._open.items() if mask_of(views, one.pair) & one.bit]
        for reading_id in counted:
            del self._open[reading_id]  # for good: a view keeps what it has

    def _is_intact(self, one: Acknowledged) -> bool:
        if self._retention is None:
            return True
        clock = _NEVER + timedelta(seconds=self._replica.applied.seconds)
        return clock < intact_until(one.pair[1], self._retention)


def _check_grown(before: Document, after: Document | None) -> None:
    if after is None or after["count"] < before["count"]:
        raise Broken(f"a view shrank: from {before} to {after}")
    if before["sensor_type"] == TAG and int(before["sum"]) & ~int(after["sum"]):
        raise Broken(f"a view lost a reading: from {before} to {after}")


def _is_summary_of_some(view: Document, values: list[float]) -> bool:
    """Return whether the view is that of some of the values.

    Where there are very many ways to choose some, only its least and greatest value are looked at.
    """
    if view["count"] > len(values):
        return False
    if comb(len(values), view["count"]) > _MANY:
        return {view["min"], view["max"]} <= {*values}
    told = {name: view.get(name) for name in ("sum", "min", "max", "average", "p50", "p95")}
    seen: set[Any] = set()
    for chosen in combinations(sorted(values), view["count"]):
        if chosen in seen:
            continue
        seen.add(chosen)
        if summary_of(chosen).items() >= told.items():
            return True
    return False
