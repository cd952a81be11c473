"""Rules, readings and folds of alerts as examples are written: seconds and values."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from shared.alerts.rules.history import RuleHistory
from shared.alerts.rules.rule import Level, Rule
from shared.alerts.timeline.episode import Episode
from shared.alerts.timeline.fold import Run, run
from shared.alerts.timeline.sample import Sample
from shared.alerts.timeline.track import START
from tests.support.alert_oracle import at
from tests.support.alert_schedules import LONG_BEFORE

TOO_WARM = Level(name="warning", high=50, clear_high=45)
MUCH_TOO_WARM = Level(name="critical", high=60, clear_high=55)
LATER = 100_000
MINUTE = timedelta(minutes=1)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def rule(*levels: Level, **changes: Any) -> Rule:
    plain = Rule(rule_id="r", kind="threshold", alert_type="t_high", sensor="t", levels=levels)
    return replace(plain, max_gap=MINUTE, **changes)


def held(said: Rule) -> RuleHistory:
    return RuleHistory("r", ((LONG_BEFORE, said),))


def readings(*said: tuple[float, float]) -> list[Sample]:
    """Give a sample for each second and value."""
    return [Sample(at(time), f"id{number}", value) for number, (time, value) in enumerate(said)]


def folded(said: Rule, *values: tuple[float, float], until: float | None = None) -> Run:
    return run(held(said), START, readings(*values), None if until is None else at(until))


def spans(found: Run) -> list[tuple[float, float, float | None]]:
    """Give when each episode started, fired and ended, in seconds."""
    return [
        (
            _second(one.started),
            _second(one.fired),
            None if one.ended is None else _second(one.ended),
        )
        for one in found.episodes
    ]


def _second(moment: datetime) -> float:
    return (moment - at(0)).total_seconds()


def only(found: Run) -> Episode:
    (episode,) = found.episodes
    return episode


def versions(*steps: tuple[float, Rule | None]) -> RuleHistory:
    return RuleHistory("r", tuple((at(time), said) for time, said in steps))
