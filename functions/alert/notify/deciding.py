"""What becomes of a row that is due: sent, and as what, kept back, digested, or dropped; pure.

Decided at each attempt, from the rows of the same alert and target, the alert as it is stored now,
and the silences in force. So `resolved` follows only what was told to have opened, and what is no
longer so is not told late.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from functions.alert.notify.notices import CLOSING, OPENING, is_over
from functions.alert.notify.rows import Status
from shared.alerts.status import status_of

Row = Mapping[str, Any]
_HEARD: Final = frozenset({Status.DELIVERED, Status.DIGESTED})


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, and with what.

    `send` as the kind `detail`; `hold` until the silence `detail` is over; `digest`; `suppress` for
    the reason `detail`; `postpone` until the row before it is done, which is due at `due`.
    """

    action: Literal["send", "hold", "digest", "suppress", "postpone"]
    detail: str = ""
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a decision sees beside the row.

    `others` are the rows of the same alert and target in their order, `alert` its document (None:
    there is none any more), `silence` the id of the silence that covers it now. `is_storm`: its
    rule opens for many devices. `keeps_state` is the target's.
    """

    others: Sequence[Row]
    alert: Row | None
    silence: str | None
    is_storm: bool
    keeps_state: bool
    now: datetime


def decide(row: Row, sees: Surroundings) -> Decision:
    """Return what becomes of the row."""
    if row["kind"] == "digest":
        return Decision("send", "digest")
    waiting = [other for other in sees.others if _is_waiting(other) and _is_before(other, row)]
    if waiting:
        return Decision("postpone", due=max(other["next_attempt"] for other in waiting))
    if row["kind"] == "late_opened":
        return Decision("digest" if sees.silence is None else "suppress", "silenced")
    if row["kind"] in CLOSING:
        return _closing(row, sees)
    return _lasting(row, sees)


def _closing(row: Row, sees: Surroundings) -> Decision:
    """Decide on a notice which says that it is over.

    A silence keeps none back: who was told that it opened waits for it.
    """
    if sees.keeps_state:
        return Decision("send", row["kind"])
    heard = _heard_before(row, sees.others)
    is_open = bool(heard) and heard[-1]["kind"] in OPENING
    was_told = any(one["kind"] in OPENING for one in heard)
    if not (is_open or (was_told and row["kind"] == "retracted")):
        return Decision("suppress", "its opening was never sent")
    is_in_digest = any(one.get("digest") is not None for one in heard[-1:])
    return Decision("digest") if is_in_digest else Decision("send", row["kind"])


def _lasting(row: Row, sees: Surroundings) -> Decision:
    """Decide on a notice which says that the alert lasts."""
    if row.get("was_silenced") or row["kind"] == "repeat":
        reason = _why_no_longer(row, sees)
        if reason is not None:
            return Decision("suppress", reason)
    if sees.silence is not None:
        return Decision("hold", sees.silence)
    if row["kind"] in {"repeat", "flapping"} or sees.keeps_state:
        return Decision("send", row["kind"])
    return _opening(row, sees)


def _why_no_longer(row: Row, sees: Surroundings) -> str | None:
    """Return why a notice that comes later than its change is not to be sent, None if it is."""
    if sees.alert is None or is_over(sees.alert):
        return "it was over when the notice could be sent"
    if row["kind"] == "repeat" and status_of(sees.alert, sees.now) == "acknowledged":
        return "acknowledged"
    if any(_is_heard(other) and _is_before(row, other) for other in sees.others):
        return "a later notice was sent"
    return None


def _opening(row: Row, sees: Surroundings) -> Decision:
    """Decide as what the target is told it: the first that it hears of an alert is `opened`."""
    heard = _heard_before(row, sees.others)
    if heard and heard[-1]["kind"] in OPENING:
        is_told = row["kind"] == "opened"
        return Decision("suppress", "told already") if is_told else Decision("send", row["kind"])
    if sees.is_storm and not heard:
        return Decision("digest")
    return Decision("send", "reopened" if heard else "opened")


def _heard_before(row: Row, others: Sequence[Row]) -> Sequence[Row]:
    """Return the openings and closings before the row that the target has heard of."""
    kinds = OPENING | CLOSING
    return [
        one for one in others if _is_heard(one) and _is_before(one, row) and one["kind"] in kinds
    ]


def _is_heard(row: Row) -> bool:
    return bool(row["status"] in _HEARD)


def _is_waiting(row: Row) -> bool:
    return bool(row["status"] == Status.WAITING)


def _is_before(one: Row, other: Row) -> bool:
    is_before: bool = one["order"] < other["order"]
    return is_before
