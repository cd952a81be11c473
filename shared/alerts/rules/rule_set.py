"""The rules that a process was started with, as environment and file state them; pure."""

from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Final

from shared.alerts.rules.rule import Rule

MAX_CHARACTERS: Final = 256 * 1024  # of a rules file: a quarter of what a ConfigMap may hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Another rule in place of the stated one for a device, or for all whose id has a prefix.

    `device` is a device's id, or a prefix followed by `*`. `rule` is the whole rule as it is for
    them; None where it does not hold for them.
    """

    device: str
    rule: Rule | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedRule:
    """A rule with its overrides, at most one for each `device`; they are put into their order.

    `valid_from` is the event time from which it holds; None is when it is published.
    """

    rule: Rule
    valid_from: datetime | None = None
    overrides: tuple[Override, ...] = ()

    def __post_init__(self) -> None:
        in_order = tuple(sorted(self.overrides, key=attrgetter("device")))
        object.__setattr__(self, "overrides", in_order)


RuleSet = tuple[StatedRule, ...]  # in the order of the rules' ids, each there once
