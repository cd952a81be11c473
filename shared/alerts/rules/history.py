"""Which rules hold for a device from which event time on, by all that was ever published; pure."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter
from typing import Any, Self

from shared.alerts.rules.overriding import Patterns, rule_for
from shared.alerts.rules.revisions import (
    Edition,
    Revision,
    editions_of,
    from_document,
    next_revision,
    to_document,
)
from shared.alerts.rules.rule import Kind, Rule
from shared.alerts.rules.rule_set import RuleSet, StatedRule

Step = tuple[datetime, Rule | None]


@dataclass(frozen=True, slots=True)
class RuleHistory:
    """The versions of one rule for a device, each from an event time on; None: it does not hold.

    `steps` are in the order of their times, no two at one time. Before the first there is no rule.
    """

    rule_id: str
    steps: tuple[Step, ...]
    _times: tuple[datetime, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_times", tuple(valid_from for valid_from, _ in self.steps))

    def at(self, ts: datetime) -> Rule | None:
        """Return the rule that holds at that event time."""
        found = bisect_right(self._times, ts)
        return self.steps[found - 1][1] if found else None


class RuleBook:
    """All revisions that were ever published.

    It is stored as a document for each revision. Who publishes inserts the last document where none
    is under its `_id`, and reads the book again where one is: so revisions have no forks.
    """

    def __init__(self, revisions: Iterable[Revision] = ()) -> None:
        self.revisions = tuple(revisions)
        self._editions = editions_of(self.revisions)
        self._patterns = Patterns(
            override.device for each in self._stated() for override in each.overrides
        )
        # for a pattern, not for a device: as many as there are patterns, and one
        self._histories: dict[str, Mapping[str, RuleHistory]] = {}

    @classmethod
    def from_documents(cls, documents: Iterable[Mapping[str, Any]]) -> Self:
        """Return the book whose revisions these are, in whatever order they come."""
        return cls(sorted(map(from_document, documents), key=attrgetter("number")))

    def to_documents(self) -> Sequence[dict[str, Any]]:
        """Return a document of plain values for each revision; `_id` is its number, from 1 on."""
        return [to_document(each) for each in self.revisions]

    @property
    def revision(self) -> int:
        """The number of the last revision; 0 where nothing was published."""
        return self.revisions[-1].number if self.revisions else 0

    def publish(self, rule_set: RuleSet, now: datetime) -> "RuleBook":
        """Return the book in which `rule_set` holds: this one, or one with another revision."""
        added = next_revision(self.revisions, rule_set, now)
        return self if added is None else RuleBook((*self.revisions, added))

    def changed_after(self, revision: int) -> datetime | None:
        """Return the earliest event time at which later revisions change a rule, if any does."""
        later = self.revisions[revision:]
        return min(
            (edition.valid_from for each in later for edition in each.editions), default=None
        )

    def histories_for(self, device_id: str) -> Mapping[str, RuleHistory]:
        """Return the history of each rule that ever held for the device, by the rule's id.

        Devices with the same overrides get the same object.
        """
        pattern = self._patterns.longest_for(device_id)
        if pattern not in self._histories:
            found = (self._history(rule_id, pattern) for rule_id in self._editions)
            self._histories[pattern] = {each.rule_id: each for each in found if each.steps}
        return self._histories[pattern]

    def sees(self, kind: Kind) -> bool:
        """Return whether a rule of that kind was ever published."""
        return any(each.rule.kind == kind for each in self._stated())

    @property
    def needs_receive_times(self) -> bool:
        """Whether a rule is of when readings were received, not of when they were taken."""
        return self.sees("offline")

    @property
    def sensors(self) -> frozenset[str]:
        """The sensors that a rule was ever of."""
        return frozenset(e.rule.sensor for e in self._stated() if e.rule.sensor is not None)

    def _stated(self) -> Iterator[StatedRule]:
        return (e.stated for each in self._editions.values() for e in each if e.stated is not None)

    def _history(self, rule_id: str, pattern: str) -> RuleHistory:
        steps: list[Step] = []
        for edition in self._editions[rule_id]:
            while steps and steps[-1][0] >= edition.valid_from:
                steps.pop()  # a later revision says otherwise from there on
            rule = _rule_of(edition, pattern)
            if _content(rule) != _content(steps[-1][1] if steps else None):
                steps.append((edition.valid_from, rule))
        return RuleHistory(rule_id, tuple(steps))


def _rule_of(edition: Edition, pattern: str) -> Rule | None:
    rule = None if edition.stated is None else rule_for(edition.stated, pattern)
    return None if rule is None else replace(rule, version=edition.version)


def _content(rule: Rule | None) -> Rule | None:
    return None if rule is None else replace(rule, version=0)
