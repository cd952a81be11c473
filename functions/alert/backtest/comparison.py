"""Compares the alerts of one rule for one device under two sets of rules; pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from shared.alerts.timeline.changes import StoredEpisode, changes
from shared.alerts.timeline.episode import Episode

Verdict = Literal["same", "changed", "added", "gone"]
VERDICTS: Final[tuple[Verdict, ...]] = ("same", "changed", "added", "gone")


@dataclass(frozen=True, slots=True)
class Pair:
    """An alert under the old rules and the one of its time under the new; None where there is none.

    They are the same whatever the versions of their rules are.
    """

    device_id: str
    rule_id: str
    old: Episode | None
    new: Episode | None

    @property
    def verdict(self) -> Verdict:
        """What the new rules do to the alert."""
        if self.old is None:
            return "added"
        if self.new is None:
            return "gone"
        return "same" if _plain(self.old) == _plain(self.new) else "changed"

    @property
    def started(self) -> datetime:
        """When it started under the rules that have it first."""
        return min(one.started for one in (self.old, self.new) if one is not None)


def pairs_of(
    device_id: str, rule_id: str, old: Sequence[Episode], new: Sequence[Episode]
) -> Sequence[Pair]:
    """Return the alerts side by side, in the order of their times.

    Those belong together that overlap the longest: as an alert keeps its id when late readings
    change its timeline.
    """
    stored = [StoredEpisode(str(index), _plain(one)) for index, one in enumerate(old)]
    folded = [_plain(one) for one in new]
    left_old = dict(enumerate(old))
    left_new = {id(plain): one for plain, one in zip(folded, new, strict=True)}
    pairs = []
    for change in changes(device_id, stored, folded):
        before = None if change.before is None else left_old.pop(int(change.uid))
        after = None if change.episode is None else left_new.pop(id(change.episode))
        pairs.append(Pair(device_id, rule_id, before, after))
    same = zip(left_old.values(), left_new.values(), strict=True)  # what has not changed is in step
    pairs += [Pair(device_id, rule_id, before, after) for before, after in same]
    return sorted(pairs, key=lambda pair: pair.started)


def _plain(episode: Episode) -> Episode:
    return replace(episode, rule_version=0)
