"""What was published as rules, revision by revision, and how it is written down; pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import TypeAdapter

from shared.alerts.rules.rule_set import RuleSet, StatedRule

BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)  # before any reading


@dataclass(frozen=True, slots=True)
class Edition:
    """One version of one rule; `stated` is None where the rule was removed."""

    rule_id: str
    version: int
    valid_from: datetime
    stated: StatedRule | None


@dataclass(frozen=True, slots=True)
class Revision:
    """The editions that were new or changed, or removed, when a rule set was published."""

    number: int
    published_at: datetime
    editions: tuple[Edition, ...]


_REVISION: Final[TypeAdapter[Revision]] = TypeAdapter(Revision)


def to_document(revision: Revision) -> dict[str, Any]:
    """Return the revision as plain values; `_id` is its number, times and spans are ISO 8601."""
    document = _REVISION.dump_python(revision, mode="json")
    return {"_id": document.pop("number"), **document}


def from_document(document: Mapping[str, Any]) -> Revision:
    """Return the revision that `to_document` wrote."""
    return _REVISION.validate_python({"number": document["_id"]} | dict(document))


def editions_of(revisions: Sequence[Revision]) -> dict[str, list[Edition]]:
    """Return each rule's editions in the order in which they were published."""
    found: dict[str, list[Edition]] = {}
    for revision in revisions:
        for edition in revision.editions:
            found.setdefault(edition.rule_id, []).append(edition)
    return found


def next_revision(
    revisions: Sequence[Revision], rule_set: RuleSet, now: datetime
) -> Revision | None:
    """Return the revision that makes `rule_set` hold; None where it holds already.

    A rule that is new or differs gets the next version, and is valid from the time that it states,
    or else from `now`: what was read before keeps the rule that held then. Only the very first
    revision is valid from the beginning. A rule that is no longer there ends `now`.
    """
    last = {rule_id: all_of_it[-1] for rule_id, all_of_it in editions_of(revisions).items()}
    start = now if revisions else BEGINNING
    editions = (*_changed(rule_set, last, start), *_removed(rule_set, last, now))
    number = revisions[-1].number + 1 if revisions else 1
    return Revision(number, now, editions) if editions else None


def _changed(rule_set: RuleSet, last: Mapping[str, Edition], start: datetime) -> Iterator[Edition]:
    for stated in rule_set:
        rule_id = stated.rule.rule_id
        before = last.get(rule_id)
        if before is None or _differs(stated, before):
            version = 1 if before is None else before.version + 1
            yield Edition(rule_id, version, stated.valid_from or start, stated)


def _removed(rule_set: RuleSet, last: Mapping[str, Edition], now: datetime) -> Iterator[Edition]:
    stated = {each.rule.rule_id for each in rule_set}
    for rule_id, before in last.items():
        if rule_id not in stated and before.stated is not None:
            yield Edition(rule_id, before.version, now, None)


def _differs(stated: StatedRule, before: Edition) -> bool:
    """Return whether it is another rule; one that no longer states its first day is not."""
    held = before.stated
    if held is None or (stated.rule, stated.overrides) != (held.rule, held.overrides):
        return True
    return stated.valid_from not in (None, before.valid_from)
