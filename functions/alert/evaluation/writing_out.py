"""Writing out what a device's state says: the changes of its alerts, and the notices of them.

They are committed with the state, as pending; from then on anybody may write them out, once or
several times, whole or in part: each alert only where what is stored is of no later revision.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from functions.alert.alert_document import merged
from functions.alert.device_state import DeviceState
from functions.alert.notify.store.outbox import insert
from functions.alert.store.alerts import AlertStore
from functions.alert.store.states import StateStore
from functions.alert.work import Notices
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

    def rows(self, notices: Notices, alert: Document, clock: datetime) -> Sequence[Document]:
        """Return the rows of the change's notices; the same whoever writes it out."""
        kind, was_flapping = self.change["kind"], self.change["was_flapping"]
        return notices.rows_for(kind, alert, self.rev, clock, was_flapping=was_flapping)


async def write_out(
    database: Database,
    session: Session,
    notices: Notices,
    states: Sequence[DeviceState],
    known: Mapping[str, Document] | None = None,
) -> None:
    """Return when all that is pending in these states is written out for good, notices enqueued.

    `known` are alerts as they were read; without it they are read first. Raise TemporaryError where
    others write the same alerts all the time; doing it again completes it.
    """
    left = [_Pending(one.rev, change) for one in states for change in one.pending]
    if not left:
        return
    store = AlertStore(database, session)
    rows: list[Document] = []
    for _ in range(_TRIES):
        stored = known if known is not None else await store.by_id({one.uid for one in left})
        known = None
        clock = clock_of(session)
        alerts = _made(left, stored, clock)
        refused = await store.put(list(alerts.values()))
        _count(alerts[uid] for uid in alerts.keys() - stored.keys() - refused)
        for one in left:
            alert = alerts.get(one.uid) or stored[one.uid]
            if one.uid not in refused and alert["state_rev"] == one.rev:
                rows += one.rows(notices, alert, clock)
        left = [one for one in left if one.uid in refused]
        if not left:
            await insert(database, session, rows)
            await StateStore(database, session).clear(states)
            notices.soon()
            return
    raise TemporaryError(_OPERATION, f"{len(left)} alerts are being written by others")


def _made(
    pending: Sequence[_Pending], stored: Mapping[str, Document], clock: datetime
) -> dict[str, Document]:
    """Return the alerts that are not stored as of their change, or of a later one, by id."""
    alerts: dict[str, Document] = {}
    for one in pending:
        before = stored.get(one.uid)
        if before is None or before["state_rev"] < one.rev:
            alerts[one.uid] = merged(before, one.change, one.rev, clock)
    return alerts


def _count(alerts: Iterable[Document]) -> None:
    for alert in alerts:
        metrics.alerts_raised.labels(alert["sensor_type"] or "", alert["severity"]).inc()
