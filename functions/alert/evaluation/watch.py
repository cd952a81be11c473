"""Which readings of a device can matter to its rules; pure.

Most readings break no limit of a device that is well. This says so at the price of two comparisons,
and errs on the other side only: what it calls loud is looked at.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import inf
from typing import Any, Final, Literal

from shared.alerts.rules.history import RuleHistory
from shared.alerts.rules.rule import GRACE, Rule
from shared.alerts.timeline.limits import Limits
from shared.readings.reading import Reading

Values = Mapping[str, float]
_NO_LIMITS: Final = (-inf, inf)


@dataclass(frozen=True, slots=True)
class RuleWatch:
    """What one rule sees, over all of its versions.

    `allowed`: by sensor, the values that break no level of any version. `sees_all`: each reading
    can matter (`rate`, `stale`, `offline`); `is_of_receipt`: its samples are ordered by the times
    of receipt. `max_gap`, `flap_within`, `clear_hold` are the longest, `grace` the latest.
    """

    history: RuleHistory
    allowed: Mapping[str, tuple[float, float]]
    sees_all: bool
    is_of_receipt: bool
    max_gap: timedelta
    flap_within: timedelta
    clear_hold: timedelta
    grace: timedelta

    @property
    def axis(self) -> Literal["ts", "received_at"]:
        """The time of a reading by which its samples are ordered."""
        return "received_at" if self.is_of_receipt else "ts"

    def is_loud(self, values: Values) -> bool:
        """Return whether these values can be a breach."""
        return self.sees_all or _is_outside(values, self.allowed)


@dataclass(frozen=True, slots=True)
class Watch:
    """What the rules of a device see, together and one by one."""

    rules: Mapping[str, RuleWatch]
    allowed: Mapping[str, tuple[float, float]]
    sees_all: bool

    def is_loud(self, reading: Reading) -> bool:
        """Return whether the reading can be a breach of any rule."""
        return self.sees_all or _is_outside(reading.values(), self.allowed)

    def is_loud_document(self, reading: Mapping[str, Any]) -> bool:
        """Return the same of a document of telemetry_raw."""
        return any(
            not low <= _value_in(reading, sensor, low) <= high
            for sensor, (low, high) in self.allowed.items()
        )

    @property
    def is_of_receipt(self) -> bool:
        """Whether a rule sees the times of receipt."""
        return any(rule.is_of_receipt for rule in self.rules.values())


def watch_of(histories: Mapping[str, RuleHistory]) -> Watch:
    """Return what the rules with these histories see."""
    rules = {rule_id: rule_watch(history) for rule_id, history in histories.items()}
    allowed: dict[str, tuple[float, float]] = {}
    for rule in rules.values():
        for sensor, limits in rule.allowed.items():
            allowed[sensor] = _both(allowed.get(sensor, _NO_LIMITS), limits)
    return Watch(rules, allowed, any(rule.sees_all for rule in rules.values()))


def rule_watch(history: RuleHistory) -> RuleWatch:
    """Return what a rule with this history sees."""
    rules = [rule for _, rule in history.steps if rule is not None]
    allowed: dict[str, tuple[float, float]] = {}
    for rule in rules:
        if rule.sensor is not None and rule.kind == "threshold":
            allowed[rule.sensor] = _both(allowed.get(rule.sensor, _NO_LIMITS), _limits(rule))
    kinds = {rule.kind for rule in rules}
    return RuleWatch(
        history=history,
        allowed=allowed,
        sees_all=kinds != {"threshold"},
        is_of_receipt="offline" in kinds,
        max_gap=max((rule.max_gap for rule in rules), default=timedelta(0)),
        flap_within=max((rule.flap_within for rule in rules), default=timedelta(0)),
        clear_hold=max(
            (level.clear_hold for rule in rules for level in rule.levels), default=timedelta(0)
        ),
        grace=rules[-1].grace if rules else GRACE,
    )


def _value_in(reading: Mapping[str, Any], sensor: str, default: float) -> float:
    value: float = reading.get(sensor, reading.get("measurements", {}).get(sensor, default))
    return value


def _limits(rule: Rule) -> tuple[float, float]:
    limits = Limits.of(rule)
    return limits.low, limits.high


def _both(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return max(one[0], other[0]), min(one[1], other[1])


def _is_outside(values: Values, allowed: Mapping[str, tuple[float, float]]) -> bool:
    for sensor, value in values.items():
        limits = allowed.get(sensor)
        if limits is not None and not limits[0] <= value <= limits[1]:
            return True
    return False
