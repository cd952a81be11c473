"""What a change of an alert tells people: the notices it makes, each with an id of its own; pure.

The same change makes the same ids whenever, and by whomever, it is written out, so that a notice is
enqueued once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, Literal

Kind = Literal[
    "opened",
    "escalated",
    "deescalated",
    "resolved",
    "reopened",
    "retracted",
    "late_opened",  # it was over when it was found: in a digest only
    "flapping",  # the one notice of a rule that opens and ends over and over
    "repeat",  # it still lasts, and nobody has acknowledged it
    "digest",  # many at once
]

OPENING: Final[frozenset[str]] = frozenset({"opened", "escalated", "deescalated", "reopened"})
CLOSING: Final[frozenset[str]] = frozenset({"resolved", "retracted"})

# What of an alert's document goes with a notice: what people and receivers are told.
_TOLD: Final = (
    "device_id",
    "sensor_type",
    "rule_id",
    "rule_version",
    "alert_type",
    "severity",
    "highest_severity",
    "status",
    "message",
    "value",
    "started",
    "fired",
    "ended",
    "end_reason",
    "peak_at",
    "level_changes",
    "is_flapping",
    "late_opened",
    "retracted_reason",
)


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to be told of one alert, to every target.

    `about` is the alert's uid (of a flapping rule: the device and the rule), `level` its severity
    then, `slot` what tells two notices of one kind and level apart, and `order` where it stands
    among the notices of its alert. `alert` is what is told.
    """

    uid: str
    about: str
    kind: Kind
    level: str
    slot: str
    order: int
    alert: Mapping[str, Any]

    @property
    def notice_id(self) -> str:
        return notice_id_of(self.about, self.kind, self.level, self.slot)


def notice_id_of(about: str, kind: str, level: str, slot: str) -> str:
    """Return the id of a notice: 64 hex digits, the same for the same four words."""
    parts = (part.encode() for part in (about, kind, level, slot))
    return sha256(b"".join(len(part).to_bytes(4) + part for part in parts)).hexdigest()


def notices_for(
    kind: str, alert: Mapping[str, Any], commit: int, *, was_flapping: bool = False
) -> Sequence[Notice]:
    """Return the notices of one change: none, or one.

    `kind` is the change's (opened, late_opened, amended, escalated, deescalated, resolved,
    reopened, retracted), `alert` the alert's document as the change leaves it, `commit` the
    revision of the device's state that the change was committed with, which only grows.
    `was_flapping`: the alert was flapping before the change.

    While a rule flaps, one notice says so and nothing else is said. Where it has stopped and the
    alert still lasts, the alert is told as if it had opened then. A closing notice is made always:
    whoever sends it knows whether the opening was sent, and sends it only then.
    """
    told = told_of(alert)
    is_flapping = is_flapping_now(alert)
    slot = str(commit)
    uid, level = str(alert["_id"]), str(alert["severity"])
    if kind == "amended":
        has_calmed = was_flapping and not is_flapping and not is_over(alert)
        return [Notice(uid, uid, "opened", level, slot, commit, told)] if has_calmed else []
    if kind == "late_opened":
        return [] if is_flapping else [Notice(uid, uid, "late_opened", level, slot, commit, told)]
    if is_flapping and kind in OPENING:
        about = f"{alert['device_id']}\n{alert['rule_id']}"
        return [Notice(uid, about, "flapping", "", _flap_slot(alert), commit, told)]
    if kind not in OPENING | CLOSING:
        raise ValueError(f"{kind!r} is no change of an alert")
    return [Notice(uid, uid, kind, level, slot, commit, told)]  # type: ignore[arg-type]  # as checked


def told_of(alert: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an alert's document that go with a notice."""
    return {name: alert[name] for name in _TOLD if alert.get(name) is not None}


def is_over(alert: Mapping[str, Any]) -> bool:
    """Return whether the alert lasts no longer: it ended, or late readings took it back."""
    return alert.get("ended") is not None or alert.get("retracted_reason") is not None


def is_flapping_now(alert: Mapping[str, Any]) -> bool:
    """Return whether the alert is one of many that open in a short time."""
    return bool(alert.get("is_flapping")) or alert.get("flapping_since") is not None


def _flap_slot(alert: Mapping[str, Any]) -> str:
    """Return what all openings of one stretch of flapping have in common: when it began."""
    since = alert.get("flapping_since")
    return since.isoformat() if isinstance(since, datetime) else str(alert["_id"])
