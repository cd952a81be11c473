"""What contradicts itself in a rule, with the place of it in the rules file; pure."""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from shared.alerts.rules.message import number_text
from shared.alerts.rules.rule import Level, Rule

Path = tuple[str | int, ...]


class Fault(NamedTuple):
    """A sentence about the field at `path`, such as `("levels", 0, "clear")`."""

    path: Path
    reason: str

    def within(self, *outer: str | int) -> "Fault":
        """Return it with the path from further out."""
        return Fault((*outer, *self.path), self.reason)


def faults_of(rule: Rule) -> Iterator[Fault]:
    """Return where the levels of a rule could not be meant so, in the order of the levels."""
    names = [level.name for level in rule.levels]
    for at, level in enumerate(rule.levels):
        if level.name in names[:at]:
            yield Fault(("levels", at, "name"), f"{level.name!r} is there twice")
        for fault in _faults_of_level(level, has_two_sides=has_two_sides(rule)):
            yield fault.within("levels", at)
    for at, (milder, level) in enumerate(pairwise(rule.levels), start=1):
        for fault in _faults_of_order(milder, level, has_two_sides=has_two_sides(rule)):
            yield fault.within("levels", at)


def has_two_sides(rule: Rule) -> bool:
    """Return whether the file writes the rule's limits as `{low: .., high: ..}`."""
    level = rule.levels[0]
    return rule.kind == "rate" or (level.high is not None and level.low is not None)


def _faults_of_level(level: Level, *, has_two_sides: bool) -> Iterator[Fault]:
    high, low = level.high, level.low
    clear_high, clear_low = level.clear_high, level.clear_low
    if high is None and clear_high is not None:
        yield Fault(("clear", "high"), "open has no high")
    if low is None and clear_low is not None:
        yield Fault(("clear", "low"), "open has no low")
    high_side, low_side = (("high",), ("low",)) if has_two_sides else ((), ())
    if high is not None and clear_high is not None and clear_high > high:
        yield Fault(("clear", *high_side), f"must not be above open {number_text(high)}")
    if low is not None and clear_low is not None and clear_low < low:
        yield Fault(("clear", *low_side), f"must not be below open {number_text(low)}")
    if high is not None and low is not None and low >= high:
        yield Fault(("open", "low"), f"must be below high {number_text(high)}")
    elif clear_high is not None and clear_low is not None and clear_low > clear_high:
        yield Fault(("clear", "low"), f"must not be above high {number_text(clear_high)}")


def _faults_of_order(milder: Level, level: Level, *, has_two_sides: bool) -> Iterator[Fault]:
    """Return where a value could be severe without being mild."""
    high_side, low_side = (("high",), ("low",)) if has_two_sides else ((), ())
    whose = f"that of {milder.name!r}: the mildest level is first"
    if milder.high is not None and level.high is not None and level.high < milder.high:
        yield Fault(("open", *high_side), f"must not be below {number_text(milder.high)}, {whose}")
    if milder.low is not None and level.low is not None and level.low > milder.low:
        yield Fault(("open", *low_side), f"must not be above {number_text(milder.low)}, {whose}")
