"""The rows of the outbox: one for each notice and target, and what can become of one; pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from functions.alert.notify.notices import Notice
from shared.mongo.collections import Document

KEPT: Final = timedelta(days=30)  # after its end, for who asks whether it was sent


class Status(StrEnum):
    """Where a row stands; the last three are ends."""

    WAITING = "waiting"  # to be sent at next_attempt, also again
    SILENCED = "silenced"  # kept back by `silenced_by` until that is over
    DIGESTED = "digested"  # to be told by the row `digest`
    DELIVERED = "delivered"
    SUPPRESSED = "suppressed"  # there was nothing left to tell, as last_error says
    STUCK = "stuck"  # the target did not take it: somebody has to look


def rows_of(
    notices: Iterable[Notice], targets: Iterable[str], now: datetime, wait: timedelta
) -> Sequence[Document]:
    """Return a row for each notice and target, due `wait` after `now`.

    `now` is the database's clock. Writing the same rows again changes nothing: their `_id` follows
    from the notice and the name of the target.
    """
    names = list(targets)
    return [row_of(notice, name, now, now + wait) for notice in notices for name in names]


def row_of(notice: Notice, target: str, now: datetime, due: datetime) -> Document:
    """Return the row of this notice for this target."""
    return {
        "_id": row_id_of(notice.notice_id, target),
        "notice_id": notice.notice_id,
        "target": target,
        "uid": notice.uid,
        "kind": notice.kind,
        "level": notice.level,
        "order": notice.order,
        "device_id": notice.alert.get("device_id"),
        "rule_id": notice.alert.get("rule_id"),
        "alert": dict(notice.alert),
        "status": Status.WAITING.value,
        "enqueued_at": now,
        "due_since": now,  # later where it was silenced
        "next_attempt": due,
        "attempts": 0,
    }


def row_id_of(notice_id: str, target: str) -> str:
    """Return the `_id` of a notice's row for a target."""
    return f"{notice_id}/{target}"
