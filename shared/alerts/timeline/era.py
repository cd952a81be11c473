"""Eras: spans of event time in which a rule keeps what it watches, whatever else of it changes."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from shared.alerts.rules.history import RuleHistory
from shared.alerts.rules.rule import Rule

NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Era:
    """The versions of a rule from `steps[0]` on up to `end` (NEVER where it holds still).

    All are of one kind and one sensor, so that a version takes over the state of the one before.
    """

    steps: tuple[tuple[datetime, Rule], ...]
    end: datetime

    def step_at(self, ts: datetime) -> tuple[Rule, datetime]:
        """Return the version that holds at a time of the era, and when the next one begins."""
        index = bisect_right(self.steps, ts, key=_valid_from)
        until = self.steps[index][0] if index < len(self.steps) else self.end
        return self.steps[max(index, 1) - 1][1], until


def eras_of(history: RuleHistory) -> Sequence[Era]:
    """Return the eras of a rule, in order; between them it does not hold."""
    eras: list[Era] = []
    steps: list[tuple[datetime, Rule]] = []
    for valid_from, rule in history.steps:
        if steps and (rule is None or not _watch_the_same(rule, steps[-1][1])):
            eras.append(Era(tuple(steps), valid_from))
            steps = []
        if rule is not None:
            steps.append((valid_from, rule))
    return [*eras, Era(tuple(steps), NEVER)] if steps else eras


def era_at(eras: Sequence[Era], ts: datetime) -> Era | None:
    """Return the era in which the time lies; None where the rule does not hold then."""
    index = bisect_right(eras, ts, key=_start)
    era = eras[index - 1] if index else None
    return era if era is not None and ts < era.end else None


def _watch_the_same(one: Rule, other: Rule) -> bool:
    return (one.kind, one.sensor) == (other.kind, other.sensor)


def _valid_from(step: tuple[datetime, Rule]) -> datetime:
    return step[0]


def _start(era: Era) -> datetime:
    return era.steps[0][0]
