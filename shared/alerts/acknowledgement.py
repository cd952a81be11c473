"""Acknowledgements of an alert: actions of operators, of which the last one holds; pure.

An action is a document beside the alert's timeline and never a part of it: `id`, `at` (aware UTC,
whole milliseconds), `actor`, `kind`, `comment`, `rank` (of the level that was seen; the higher, the
more severe) and `until` (None: without an end). The dashboard writes them; whoever writes alerts
reads from them what still holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

Kind = Literal["acknowledged", "unacknowledged"]
Document = dict[str, Any]

KEPT_ACTIONS: Final = 50  # of one alert: the newest
_SHOWN: Final = ("id", "at", "actor", "comment", "rank", "until")
_RANKS: Final = {"warning": 0, "critical": 1}  # of alerts of 0.1.0, which store none


@dataclass(frozen=True, slots=True)
class Action:
    """What an operator does, before it is known to which alert: see the module for the fields."""

    action_id: str
    at: datetime
    actor: str
    kind: Kind
    comment: str = ""
    until: datetime | None = None


def rank_of(alert: Mapping[str, Any]) -> int:
    """Return the rank of the level that a stored alert is at."""
    rank = alert.get("rank")
    return rank if isinstance(rank, int) else _RANKS.get(alert["severity"], 0)


def standing(alert: Mapping[str, Any], now: datetime | None = None) -> Document | None:
    """Return the acknowledgement of a stored alert that still holds, None where none does.

    One ends where the alert reaches a level above the one that was acknowledged, and, where `now`
    (aware) is given, at its `until`. Whoever stores the alert stores this in its place: an
    acknowledgement that ended does not come back with a lower level.
    """
    found: Document | None = alert.get("acknowledgement")
    if found is None or rank_of(alert) > found["rank"]:
        return None
    until = found.get("until")
    is_over = now is not None and until is not None and until <= now
    return None if is_over else found


def changes_nothing(alert: Mapping[str, Any], action: Action, now: datetime) -> bool:
    """Return whether what the action wants is so already: a second request, or a retry."""
    held = standing(alert, now)
    if action.kind == "unacknowledged":
        return held is None
    wanted = (action.actor, action.comment, rank_of(alert), action.until)
    return held is not None and wanted == tuple(
        held.get(name) for name in ("actor", "comment", "rank", "until")
    )


def with_action(alert: Mapping[str, Any], action: Action) -> Document:
    """Return the alert's fields that an action sets: the actions, and the acknowledgement.

    Of all actions the greatest by (at, actor, id) wins, in whatever order they are written; one
    that lost is on record, and changes nothing else. One that is there already stays as it was.
    """
    there: Sequence[Document] = alert.get("operator_actions") or []
    held = alert.get("acknowledgement")
    if any(one["id"] == action.action_id for one in there):
        return {"operator_actions": list(there), "acknowledgement": held}
    made = _document(action, rank_of(alert))
    actions = sorted([*there, made], key=_order)
    if actions[-1] is made:
        is_held = action.kind == "acknowledged"
        held = {name: made[name] for name in _SHOWN} if is_held else None
    return {"operator_actions": actions[-KEPT_ACTIONS:], "acknowledgement": held}


def _document(action: Action, rank: int) -> Document:
    return {
        "id": action.action_id,
        "at": action.at,
        "actor": action.actor,
        "kind": action.kind,
        "comment": action.comment,
        "rank": rank,
        "until": action.until,
    }


def _order(action: Document) -> tuple[datetime, str, str]:
    return (action["at"], action["actor"], action["id"])
