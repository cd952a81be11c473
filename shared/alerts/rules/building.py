"""Makes rules of what the rules file says; pure."""

from dataclasses import replace
from typing import Final

from shared.alerts.rules.environment import UNITS
from shared.alerts.rules.file_model import (
    BandLevel,
    OfflineRule,
    OneSidedLevel,
    RateLevel,
    RateRule,
    RuleOfFile,
    StaleRule,
)
from shared.alerts.rules.rule import Kind, Level, Rule

_KINDS: Final[dict[str, Kind]] = {
    "above": "threshold",
    "below": "threshold",
    "outside": "threshold",
    "rate": "rate",
    "stale": "stale",
    "offline": "offline",
}


def rule_of(said: RuleOfFile) -> Rule:
    """Return the rule; whether its levels make sense is to be seen."""
    sensor = None if isinstance(said, OfflineRule) else said.sensor
    rule = Rule(
        rule_id=said.id,
        kind=_KINDS[said.kind],
        alert_type=said.alert_type or _alert_type(said.id, sensor),
        levels=_levels_of(said),
        sensor=sensor,
        unit=UNITS.get(sensor or "", ""),
        grace=said.grace,
        flap_openings=said.flap.openings,
        flap_within=said.flap.within,
        summary=said.summary,
    )
    if isinstance(said, StaleRule | OfflineRule):
        return replace(rule, timeout=said.timeout)
    rule = replace(rule, max_gap=said.max_gap, resolve_on_silence=said.resolve_on_silence)
    rule = rule if said.unit is None else replace(rule, unit=said.unit)
    return replace(rule, min_interval=said.min_interval) if isinstance(said, RateRule) else rule


def _alert_type(rule_id: str, sensor: str | None) -> str:
    return rule_id if sensor is None or rule_id.startswith(sensor) else f"{sensor}_{rule_id}"


def _levels_of(said: RuleOfFile) -> tuple[Level, ...]:
    if isinstance(said, StaleRule | OfflineRule):
        return (Level(name=said.severity),)
    return tuple(_level_of(each, said.kind) for each in said.levels)


def _level_of(said: OneSidedLevel | BandLevel | RateLevel, kind: str) -> Level:
    level = Level(
        name=said.name,
        hold=said.hold,
        clear_hold=said.clear_hold,
        min_count=said.min_count,
    )
    if not isinstance(said, OneSidedLevel):
        clear = said.open if said.clear is None else said.clear
        return replace(
            level,
            high=said.open.high,
            low=said.open.low,
            clear_high=said.open.high if clear.high is None else clear.high,
            clear_low=said.open.low if clear.low is None else clear.low,
        )
    clear_value = said.open if said.clear is None else said.clear
    if kind == "above":
        return replace(level, high=said.open, clear_high=clear_value)
    return replace(level, low=said.open, clear_low=clear_value)
