"""The notices of a schedule: rows of the outbox, and what must be true of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from functions.alert.notify.notices import notices_for
from tests.simulation.database_double.replica import Document
from tests.simulation.ledger import Broken, State

_SAYS_NOTHING: Final = "amended"


class EveryNotice:
    """Enqueues each notice once, for whoever is to send it."""

    def rows_for(
        self,
        kind: str,
        alert: Mapping[str, Any],
        commit: int,
        now: datetime,  # noqa: ARG002 - a row is due at once
        *,
        was_flapping: bool = False,
    ) -> Sequence[Document]:
        notices = notices_for(kind, alert, commit, was_flapping=was_flapping)
        return [
            {"_id": one.notice_id, "uid": one.uid, "kind": one.kind, "order": one.order}
            for one in notices
        ]

    def soon(self) -> None:
        return


def check_notices(state: State) -> None:
    """Raise Broken unless each change of an alert that does not flap has its one notice."""
    rows: dict[str, Counter[str]] = {}
    for row in state.get("notifications", {}).values():
        rows.setdefault(row["uid"], Counter())[row["kind"]] += 1
    for uid, alert in state.get("alerts", {}).items():
        if _ever_flapped(alert):
            continue
        changes = [entry["kind"] for entry in alert["amended"]]
        first = "late_opened" if alert["late_opened"] else "opened"
        expected = Counter([first, *(kind for kind in changes if kind != _SAYS_NOTHING)])
        if rows.get(uid, Counter()) != expected:
            raise Broken(f"of {uid} notices are {rows.get(uid)}, not {expected}: {alert}")


def _ever_flapped(alert: Document) -> bool:
    return any(entry["was_flapping"] for entry in alert["amended"]) or alert["is_flapping"]
