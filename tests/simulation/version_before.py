"""What the version before may have left: readings without notes, notes in late_windows, its state.

That version wrote a note only where a window was over, and its refresh read all readings from its
horizon on.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from shared.mongo.collections import DEVICES, NOTES, RAW, REFRESH, VIEWS
from tests.simulation.database_double.replica import Document, Replica
from tests.simulation.generated_readings import WIDTH_S, Devices
from tests.simulation.invariants import SUMMARY, Invariants
from tests.simulation.ledger import Ledger
from tests.simulation.oracle import devices_of, raw_of, views_of, window_of
from tests.simulation.seeded_random import Chance

_EVENTS: Final = 4
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_OWNER: Final = "0123456789abcdef0123456789abcdef"


def leave_state(
    replica: Replica, devices: Devices, ledger: Ledger, invariants: Invariants, chance: Chance
) -> None:
    """Store what that version has acknowledged, and counted in part, before its processes ended."""
    raws: dict[str, Document] = {}
    for _ in range(_EVENTS):
        incoming = devices.event(replica.wall)
        ledger.published(incoming)
        for one in incoming:
            raw = raw_of(one.reading, one.received_at)
            known = {raw.get("dedup") for raw in raws.values() if "dedup" in raw}
            if raw.get("dedup") not in known:
                raws.setdefault(raw["_id"], raw)
    horizon = window_of(replica.wall, WIDTH_S) - timedelta(seconds=WIDTH_S)
    counted = [raw for raw in raws.values() if chance.happens(0.5)]
    _store(replica, RAW, raws)
    replica.advance(replica.lag)
    _store(replica, VIEWS, views_of(counted, WIDTH_S))
    _store(replica, DEVICES, devices_of(counted))
    is_counted = {raw["_id"] for raw in counted}
    late = [raw for raw in raws.values() if window_of(raw["ts"], WIDTH_S) < horizon]
    left = [raw for raw in late if raw["_id"] not in is_counted]
    _store(replica, NOTES, {f"n{place}": _note(place, raw) for place, raw in enumerate(left)})
    if late or chance.happens(0.8):
        _store(replica, REFRESH, {SUMMARY: _state(horizon, replica.now(), chance)})
    replica.advance(replica.lag)
    invariants.open(raws.values(), is_noted=False)


def leave_summary(replica: Replica) -> None:
    """Store the state of this version, when there is nothing left to be scanned."""
    scan = {"phase": "done", "start": _EPOCH, "position": _EPOCH}
    state = {"_id": SUMMARY, "horizon": _EPOCH, "owner": "", "due": _EPOCH, "scan": scan}
    _store(replica, REFRESH, {SUMMARY: state})
    replica.advance(replica.lag)


def _note(place: int, raw: Document) -> Document:
    window = {"window_start": window_of(raw["ts"], WIDTH_S), "device_ids": [raw["device_id"]]}
    return {"_id": f"n{place}", "window_seconds": WIDTH_S, "windows": [window]}


def _state(horizon: datetime, now: datetime, chance: Chance) -> Document:
    # Its lease runs for up to 15 s; its rest may be much longer; a wall clock may have jumped.
    due = now + timedelta(seconds=chance.one_of((-3, 5, 14, 100, 3600)))
    owner: Any = chance.one_of((_OWNER, ""))
    return {"_id": SUMMARY, "horizon": horizon, "owner": owner, "due": due}


def _store(replica: Replica, collection: str, documents: dict[str, Document]) -> None:
    for key, document in documents.items():
        replica.write(collection, key, document)
