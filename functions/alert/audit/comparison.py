"""What a device's stored alerts should be, and how they differ from that; pure.

Compared is what follows from the readings alone: not when an alert was first stored, what late
readings amended, or what operators did.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from functions.alert.alert_document import rule_of, timeline_of
from shared.alerts.rules.history import RuleHistory
from shared.alerts.timeline.episode import Episode
from shared.times import rfc3339

Document = Mapping[str, Any]
Kind = Literal["missing", "different", "surplus", "overdue"]
_KEPT_ASIDE: Final = frozenset({"until", "retracted_reason"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference: of which device and rule, from when on, and in which fields."""

    kind: Kind
    device_id: str
    rule_id: str
    started: datetime | None = None
    fields: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The line that an operator reads."""
        since = "" if self.started is None else f" from {rfc3339(self.started)}"
        named = f": {', '.join(self.fields)}" if self.fields else ""
        return f"{self.kind}  {self.device_id}  {self.rule_id}{since}{named}"


def expected_alerts(
    device_id: str,
    histories: Mapping[str, RuleHistory],
    episodes: Mapping[str, Sequence[Episode]],
) -> list[Document]:
    """Return what the alerts of these episodes say of the readings, the earliest first."""
    made = [
        timeline_of(device_id, rule_of(histories[rule_id], one), one, None)
        for rule_id, some in episodes.items()
        for one in some
    ]
    return sorted(made, key=_key)


def differences(
    expected: Iterable[Document], stored: Iterable[Document], intact_from: datetime
) -> list[Finding]:
    """Return how the stored alerts, those of them that hold, differ from the expected ones.

    Retention may have taken readings before `intact_from`: an alert that began by then is left
    alone, and so is what the rest of its readings seem to be.
    """
    holding = [one for one in stored if one["retracted_reason"] is None]
    old = [one for one in holding if one["started"] <= intact_from]
    found = {_key(one): one for one in holding if one["started"] > intact_from}
    wanted = {
        _key(one): one
        for one in expected
        if one["started"] > intact_from and not any(_overlap(one, other) for other in old)
    }
    return [
        finding
        for key in sorted(found.keys() | wanted.keys())
        if (finding := _difference(wanted.get(key), found.get(key))) is not None
    ]


def _difference(expected: Document | None, stored: Document | None) -> Finding | None:
    if expected is None:
        assert stored is not None
        return _finding("surplus", stored)
    if stored is None:
        return _finding("missing", expected)
    fields = tuple(
        name
        for name, value in sorted(expected.items())
        if name not in _KEPT_ASIDE and _plain(value) != _plain(stored.get(name))
    )
    return _finding("different", stored, fields) if fields else None


def _finding(kind: Kind, alert: Document, fields: tuple[str, ...] = ()) -> Finding:
    return Finding(kind, alert["device_id"], alert["rule_id"], alert["started"], fields)


def _key(alert: Document) -> tuple[str, datetime, tuple[str, ...]]:
    """Return what no two episodes of a device have in common: several can start at one time."""
    return alert["rule_id"], alert["started"], tuple(alert["opened_by"])


def _overlap(one: Document, other: Document) -> bool:
    if one["rule_id"] != other["rule_id"]:
        return False
    return other["ended"] is None or one["started"] <= other["ended"]


def _plain(value: object) -> object:
    """Return the value with lists in place of tuples, as MongoDB gives them back."""
    return [_plain(one) for one in value] if isinstance(value, (list, tuple)) else value
