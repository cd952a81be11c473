"""What must hold after each step? Watches the replica's entries and what is acknowledged."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import combinations
from math import comb
from typing import Any, Final

from shared.mongo.collections import ALERTS, NOTES, RAW, REFRESH, VIEWS
from shared.mongo.reading_store import Incoming
from tests.simulation.database_double.replica import Document, Entry, Replica
from tests.simulation.generated_readings import WIDTH_S
from tests.simulation.ledger import Broken, stored_as
from tests.simulation.oracle import alerts_of, summary_of, values_of, window_of

_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MANY: Final = 2_000
_WIDTH: Final = timedelta(seconds=WIDTH_S)


class Invariants:
    """Raises Broken, from within the step that breaks one."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica
        self._counted: dict[tuple[str, datetime], set[str]] = {}  # acknowledged by aggregate
        self._is_due = False
        replica.on_write = self._on_write
        replica.on_held = self._on_held

    def aggregate_acknowledged(self, incoming: Iterable[Incoming]) -> None:
        """All are stored for good; each is in its window's view, once that is settled."""
        for raw in self._stored(incoming):
            window = window_of(raw["ts"], WIDTH_S)
            self._counted.setdefault((raw["device_id"], window), set()).add(raw["_id"])
        self._is_due = True

    def alert_acknowledged(self, incoming: Iterable[Incoming]) -> None:
        """All are stored for good, with their alerts."""
        alerts = self._replica.held_state.get(ALERTS, {})
        missing = alerts_of(self._stored(incoming)).keys() - alerts.keys()
        if missing:
            raise Broken(f"acknowledged, but no majority holds the alerts {sorted(missing)}")

    def check(self) -> None:
        """Check what depends on several documents, where one of them changed."""
        if self._is_due:
            self._is_due = False
            self._check_settled()

    def _stored(self, incoming: Iterable[Incoming]) -> list[Document]:
        found = []
        for one in incoming:
            raw = stored_as(self._replica.held_state, one)
            if raw is None:
                raise Broken(f"acknowledged, but no majority holds {one.reading.reading_id}")
            found.append(raw)
        return found

    def _on_write(self, entry: Entry, _before: Document | None) -> None:
        if entry.collection != VIEWS or entry.document is None:
            return
        view = entry.document
        values = list(self._values(view).values())
        if not _is_summary_of_some(view, values, []):
            raise Broken(f"a view is not of stored readings: {view}, readings {values}")

    def _on_held(self, entry: Entry, before: Document | None) -> None:
        if entry.collection in (VIEWS, REFRESH, NOTES):
            self._is_due = True
        if before is None or entry.collection not in (VIEWS, REFRESH):
            return
        after: Document = entry.document or {"count": 0, "horizon": _NEVER}
        if entry.collection == VIEWS and after["count"] < before["count"]:
            raise Broken(f"a view shrank: from {before} to {after}")
        if entry.collection == REFRESH and after["horizon"] < before["horizon"]:
            raise Broken(f"the horizon went back: from {before} to {after}")

    def _check_settled(self) -> None:
        held = self._replica.held_state
        horizon = max((one["horizon"] for one in held.get(REFRESH, {}).values()), default=_NEVER)
        noted = {
            (device_id, window["window_start"])
            for note in held.get(NOTES, {}).values()
            for window in note["windows"]
            for device_id in window["device_ids"]
        }
        for (device_id, window), reading_ids in self._counted.items():
            if window + _WIDTH <= horizon and (device_id, window) not in noted:
                self._check_counted(device_id, window, reading_ids)

    def _check_counted(self, device_id: str, window: datetime, reading_ids: set[str]) -> None:
        held = self._replica.held_state
        sensors = {s for i in reading_ids for s in values_of(held[RAW][i])}
        views = {
            view["sensor_type"]: view
            for view in held.get(VIEWS, {}).values()
            if view["device_id"] == device_id and view["timestamp"] == window
        }
        for sensor in sorted(sensors):
            view = views.get(sensor)
            wanted = {"device_id": device_id, "sensor_type": sensor, "timestamp": window}
            values = self._values(wanted)
            surely = [value for i, value in values.items() if i in reading_ids]
            others = [value for i, value in values.items() if i not in reading_ids]
            if view is None or not _is_summary_of_some(view, others, surely):
                raise Broken(
                    f"settled, but not of all acknowledged readings: {device_id} {sensor} {window}:"
                    f" {view}, acknowledged {surely}, others {others}"
                )

    def _values(self, view: Document) -> dict[str, float]:
        """Give the view's values by reading, of what a majority holds."""
        end = view["timestamp"] + _WIDTH
        found = {}
        for raw in self._replica.held_state.get(RAW, {}).values():
            is_its = raw["device_id"] == view["device_id"] and view["timestamp"] <= raw["ts"] < end
            if is_its and view["sensor_type"] in (values := values_of(raw)):
                found[raw["_id"]] = values[view["sensor_type"]]
        return found


def _is_summary_of_some(view: Document, others: list[float], surely: list[float]) -> bool:
    """Tell whether the view is that of all of `surely` and some of `others`.

    Where there are very many ways to choose some, only its least and greatest value are looked at.
    """
    more = view["count"] - len(surely)
    if not 0 <= more <= len(others):
        return False
    if comb(len(others), more) > _MANY:
        return {view["min"], view["max"]} <= {*surely, *others}
    told = {name: view.get(name) for name in ("sum", "min", "max", "average", "p50", "p95")}
    seen: set[Any] = set()
    for chosen in combinations(sorted(others), more):
        if chosen in seen:
            continue
        seen.add(chosen)
        summary = summary_of([*surely, *chosen])
        if summary.items() >= told.items():
            return True
    return False
