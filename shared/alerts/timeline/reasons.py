"""The sentences of an explanation: what a level did between two states, and why."""

from collections.abc import Iterator

from shared.alerts.rules.message import number_text
from shared.alerts.rules.rule import Level, Rule
from shared.alerts.timeline.track import OK, LevelState, Track
from shared.times import rfc3339, span_text


def happened_between(
    rule: Rule, before: Track, after: Track, seen: float | None, *, is_removed: bool = False
) -> tuple[str, ...]:
    """Return a sentence for each level whose state another is now.

    `seen` is what the rule saw of the reading between them, None where only time passed;
    `is_removed`: in that time the rule ceased to hold.
    """
    if rule.kind in ("stale", "offline"):
        return tuple(_of_silence(rule, before, after))
    return tuple(_of_levels(rule, before, after, seen, is_removed=is_removed))


def _of_silence(rule: Rule, before: Track, after: Track) -> Iterator[str]:
    name, timeout = rule.levels[0].name, rule.timeout
    if before.episode is None and after.episode is not None and timeout is not None:
        since = rfc3339(after.episode.started)
        yield f"{name} fires: nothing since {since}, for more than {span_text(timeout)}"
    if before.episode is not None and after.episode is None:
        yield f"{name} is over: a reading came"


def _of_levels(
    rule: Rule, before: Track, after: Track, seen: float | None, *, is_removed: bool
) -> Iterator[str]:
    old, new = dict(before.levels), dict(after.levels)
    for level in rule.levels:
        was, now = old.pop(level.name, OK), new.get(level.name, OK)
        if was.phase == now.phase:
            continue
        if now.phase == "firing" and was.phase != "resolving":
            assert now.fired is not None
            yield f"{level.name} fires at {rfc3339(now.fired)}: {_met(level)}"
        elif seen is None:
            reason = "the rule no longer holds" if is_removed else _in_time(rule, level, was, now)
            yield f"{level.name} {_verb(was, now)}: {reason}"
        else:
            yield f"{level.name} {_by_reading(level, was, now, number_text(seen))}"
    yield from (f"{name} is over: the rule no longer has it" for name in old)


def _by_reading(level: Level, was: LevelState, now: LevelState, value: str) -> str:
    if now.phase == "pending":
        return f"is pending: {value} is a breach; it fires when that {_lasts(level)}"
    if now.phase == "resolving":
        clear = span_text(level.clear_hold)
        return f"may be over: {value} is clear; it is over when that has lasted for {clear}"
    if now.phase == "firing":
        return f"{_verb(was, now)}: {value} is not clear"
    return f"{_verb(was, now)}: {value} is {'clear' if was.is_active else 'no breach'}"


def _in_time(rule: Rule, level: Level, was: LevelState, now: LevelState) -> str:
    if was.phase == "resolving" and now.phase == "ok":
        return f"it was clear for {span_text(level.clear_hold)}"
    return f"nothing came for more than {span_text(rule.max_gap)}"


def _verb(was: LevelState, now: LevelState) -> str:
    if now.is_active:
        return "fires on"
    return "is over" if was.is_active else "is OK"


def _met(level: Level) -> str:
    return f"the breach {_lasts(level)}" if level.hold or level.min_count > 1 else "it is a breach"


def _lasts(level: Level) -> str:
    """Return what makes a breach fire."""
    count = "" if level.min_count == 1 else f" and for {level.min_count} readings"
    return f"has lasted for {span_text(level.hold)}{count}"
