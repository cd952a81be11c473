"""The rules of a schedule: of every kind, with short times, so that few readings make episodes."""

from datetime import timedelta
from typing import Final

from shared.alerts.rules.rule import Level, Rule
from shared.alerts.rules.rule_set import Override, RuleSet, StatedRule
from shared.readings.reading import HUMIDITY, TEMPERATURE
from tests.simulation.seeded_random import Chance

_HOLDS_S: Final = (0, 0, 20, 60)
_GAPS_S: Final = (40, 120, 600)


def generated_rules(chance: Chance, *, sees_all: bool) -> RuleSet:
    """Return a rule set; `sees_all`: with rules of change, or of silence."""
    rules = [_temperature(chance), _humidity(chance)]
    if sees_all:
        rules.append(chance.one_of((_rate, _stale, _offline))(chance))
    return tuple(sorted(rules, key=lambda one: one.rule.rule_id))


def _temperature(chance: Chance) -> StatedRule:
    """Two levels, of which the upper may fire before the lower."""
    open_, higher = chance.one_of((30.0, 40.0)), chance.one_of((50.0, 60.0))
    levels = (
        _level(chance, "warning", open_, open_ - chance.one_of((0.0, 5.0, 10.0))),
        _level(chance, "critical", higher, higher - chance.one_of((0.0, 5.0))),
    )
    rule = _rule(chance, "hot", TEMPERATURE, levels)
    return StatedRule(rule=rule, overrides=_overrides(chance, rule))


def _humidity(chance: Chance) -> StatedRule:
    low = Level(name="warning", low=20.0, clear_low=25.0, hold=_span(chance), min_count=2)
    return StatedRule(rule=_rule(chance, "dry", HUMIDITY, (low,)))


def _rate(chance: Chance) -> StatedRule:
    levels = (_level(chance, "warning", 1.0, 0.5),)
    return StatedRule(rule=_rule(chance, "jump", TEMPERATURE, levels, kind="rate"))


def _stale(chance: Chance) -> StatedRule:
    levels = (Level(name="critical"),)
    return StatedRule(rule=_rule(chance, "stale", TEMPERATURE, levels, kind="stale"))


def _offline(chance: Chance) -> StatedRule:
    levels = (Level(name="critical"),)
    return StatedRule(rule=_rule(chance, "offline", None, levels, kind="offline"))


def _level(chance: Chance, name: str, high: float, clear: float) -> Level:
    return Level(
        name=name,
        high=high,
        clear_high=clear,
        hold=_span(chance),
        clear_hold=_span(chance),
        min_count=chance.one_of((1, 1, 2)),
    )


def _rule(
    chance: Chance,
    rule_id: str,
    sensor: str | None,
    levels: tuple[Level, ...],
    kind: str = "threshold",
) -> Rule:
    is_of_silence = kind in ("stale", "offline")
    return Rule(
        rule_id=rule_id,
        kind=kind,  # type: ignore[arg-type]  # one of the kinds
        alert_type=rule_id,
        levels=levels,
        sensor=sensor,
        max_gap=timedelta(seconds=chance.one_of(_GAPS_S)),
        timeout=timedelta(seconds=chance.one_of((60, 300))) if is_of_silence else None,
        grace=timedelta(seconds=chance.one_of((0, 10, 30))),
        flap_openings=chance.one_of((2, 4)),
        flap_within=timedelta(seconds=chance.one_of((100, 3_600))),
        resolve_on_silence=not is_of_silence and chance.happens(0.3),
    )


def _overrides(chance: Chance, rule: Rule) -> tuple[Override, ...]:
    if chance.happens(0.7):
        return ()
    return (Override(device="a", rule=None if chance.happens(0.5) else rule),)


def _span(chance: Chance) -> timedelta:
    return timedelta(seconds=chance.one_of(_HOLDS_S))
