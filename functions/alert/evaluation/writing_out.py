"""Writing out what a device's state says: the changes of its alerts, and the notices of them.

They are committed with the state, as pending; from then on anybody may write them out, once or
several times, whole or in part: each alert only where what is stored is of no later revision.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from functions.alert.alert_document import merged
from functions.alert.device_state import DeviceState
from functions.alert.store.alerts import AlertStore
from functions.alert.store.states import StateStore
from shared import metrics
from shared.mongo.collections import Document
from shared.mongo.database import Database, Session
from shared.mongo.reading_store import clock_of
from shared.outcomes import TemporaryError

_TRIES: Final = 10
_OPERATION: Final = "keep_alerts"


@dataclass(frozen=True, slots=True)
class _Pending:
    rev: int
    change: Document

    @property
    def uid(self) -> str:
        return str(self.change["uid"])


async def write_out(
    database: Database,
    session: Session,
    states: Sequence[DeviceState],
    known: Mapping[str, Document] | None = None,
) -> None:
    """Return when all that is pending in these states is written out for good.

    `known` are alerts as they were read; without it they are read first. Raise TemporaryError where
    others write the same alerts all the time; doing it again completes it.
    """
    left = list(_pending(states))
    if not left:
        return
    store = AlertStore(database, session)
    for _ in range(_TRIES):
        stored = known if known is not None else await store.by_id({one.uid for one in left})
        known = None
        left = await _written(store, left, stored, session)
        if not left:
            await StateStore(database, session).clear(states)
            return
    raise TemporaryError(_OPERATION, f"{len(left)} alerts are being written by others")


async def _written(
    store: AlertStore,
    pending: Sequence[_Pending],
    stored: Mapping[str, Document],
    session: Session,
) -> list[_Pending]:
    """Write what is not there yet; return what was refused."""
    clock = clock_of(session)
    alerts: dict[str, Document] = {}
    for one in pending:
        before = stored.get(one.uid)
        if before is None or before["state_rev"] < one.rev:
            alerts[one.uid] = merged(before, one.change, one.rev, clock)
    refused = await store.put(list(alerts.values()))
    for uid in alerts.keys() - refused:
        if uid not in stored:
            _count(alerts[uid])
    return [one for one in pending if one.uid in refused]


def _pending(states: Sequence[DeviceState]) -> Iterator[_Pending]:
    return (_Pending(one.rev, change) for one in states for change in one.pending)


def _count(alert: Document) -> None:
    metrics.alerts_raised.labels(alert["sensor_type"] or "", alert["severity"]).inc()
