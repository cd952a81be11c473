"""Makes of a rule what an override of the rules file makes of it; pure."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, TypeVar

from shared.alerts.rules.faults import Fault, faults_of, has_two_sides
from shared.alerts.rules.file_model import Bounds, LevelChange, OverrideOfFile
from shared.alerts.rules.rule import Kind, Level, Rule

_T = TypeVar("_T")
_OF_VALUES: Final[tuple[Kind, ...]] = ("threshold", "rate")
_KINDS_WITH: Final[dict[str, tuple[Kind, ...]]] = {
    "levels": _OF_VALUES,
    "max_gap": _OF_VALUES,
    "resolve_on_silence": _OF_VALUES,
    "min_interval": ("rate",),
    "timeout": ("stale", "offline"),
}


def changed(rule: Rule, said: OverrideOfFile) -> Rule:
    """Return the rule as it is for the devices of the override, which fits it."""
    changes = {each.name: each for each in said.levels}
    levels = [_changed(level, changes.get(level.name)) for level in rule.levels]
    return replace(
        rule,
        levels=tuple(levels),
        max_gap=_first(said.max_gap, rule.max_gap),
        timeout=_first(said.timeout, rule.timeout),
        min_interval=_first(said.min_interval, rule.min_interval),
        grace=_first(said.grace, rule.grace),
        resolve_on_silence=_first(said.resolve_on_silence, rule.resolve_on_silence),
    )


def faults_in_change(rule: Rule, said: OverrideOfFile) -> Iterator[Fault]:
    """Return where the override does not fit the rule, or makes it contradict itself."""
    misfits = [*_useless_fields(rule, said), *_misfits(rule, said)]
    yield from misfits
    if not misfits:
        places = {each.name: at for at, each in enumerate(said.levels)}
        for fault in faults_of(changed(rule, said)):
            yield _of_the_change(fault, rule, places)


def _useless_fields(rule: Rule, said: OverrideOfFile) -> Iterator[Fault]:
    for field, kinds in _KINDS_WITH.items():
        if field in said.model_fields_set and rule.kind not in kinds:
            yield Fault((field,), f"rules of kind {rule.kind} have none")


def _misfits(rule: Rule, said: OverrideOfFile) -> Iterator[Fault]:
    names = [level.name for level in rule.levels]
    for at, change in enumerate(said.levels):
        if change.name not in names:
            reason = f"{rule.rule_id} has no such level; it has {', '.join(names)}"
            yield Fault(("levels", at, "name"), reason)
        if change.name in [each.name for each in said.levels[:at]]:
            yield Fault(("levels", at, "name"), f"{change.name!r} is there twice")
        for field, limit in (("open", change.open), ("clear", change.clear)):
            if limit is not None and isinstance(limit, Bounds) != has_two_sides(rule):
                form = "of the form {low: .., high: ..}" if has_two_sides(rule) else "a number"
                yield Fault(("levels", at, field), f"must be {form}, as in the rule")


def _of_the_change(fault: Fault, rule: Rule, places: dict[str, int]) -> Fault:
    """Return the fault of the changed rule with the path of what changed it."""
    _, at, *rest = fault.path
    name = rule.levels[int(at)].name
    if name not in places:
        return Fault(("levels",), f"level {name!r}: {'.'.join(map(str, rest))}: {fault.reason}")
    return fault._replace(path=("levels", places[name], *rest))


def _changed(level: Level, change: LevelChange | None) -> Level:
    if change is None:
        return level
    high, low = _sides(level, change.open)
    clear_high, clear_low = _sides(level, change.clear)
    return replace(
        level,
        high=_first(high, level.high),
        low=_first(low, level.low),
        clear_high=_first(clear_high, _follow(level.clear_high, level.high, high)),
        clear_low=_first(clear_low, _follow(level.clear_low, level.low, low)),
        hold=_first(change.hold, level.hold),
        clear_hold=_first(change.clear_hold, level.clear_hold),
        min_count=_first(change.min_count, level.min_count),
    )


def _sides(level: Level, limit: float | Bounds | None) -> tuple[float | None, float | None]:
    """Return the high and the low limit; a number is the one that the level has."""
    if limit is None:
        return None, None
    if isinstance(limit, Bounds):
        return limit.high, limit.low
    return (limit, None) if level.high is not None else (None, limit)


def _follow(clear: float | None, limit: float | None, changed_to: float | None) -> float | None:
    """Return where it is clear: without hysteresis at the limit, wherever that goes."""
    return changed_to if changed_to is not None and clear == limit else clear


def _first(changed_to: _T | None, before: _T) -> _T:
    return before if changed_to is None else changed_to
