"""What rules make of the readings of one device, which come page by page; pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.alerts.rules.history import RuleHistory
from shared.alerts.timeline.episode import Episode
from shared.alerts.timeline.fold import run
from shared.alerts.timeline.sample import Sample, in_order, samples_of
from shared.alerts.timeline.track import START


class DeviceTimeline:
    """The episodes of each rule for one device, by the production fold."""

    def __init__(self, histories: Mapping[str, RuleHistory]) -> None:
        self._folds = {rule_id: _RuleFold(history) for rule_id, history in histories.items()}

    def add(self, readings: Sequence[Mapping[str, Any]]) -> None:
        """Fold the next readings, which come in the order of their ids."""
        for fold in self._folds.values():
            fold.add(readings)

    def end(self, clock: datetime) -> Mapping[str, Sequence[Episode]]:
        """Return the episodes of each rule, when the clock says that time; whole milliseconds."""
        return {rule_id: fold.end(clock) for rule_id, fold in self._folds.items()}


class _RuleFold:
    def __init__(self, history: RuleHistory) -> None:
        self._history = history
        self._rules = [rule for _, rule in history.steps if rule is not None]
        self._sees_receipts = any(rule.kind == "offline" for rule in self._rules)
        self._receipts: list[Sample] = []  # in the order of event time, so not yet to be folded
        self._track = START
        self._over: list[Episode] = []

    def add(self, readings: Sequence[Mapping[str, Any]]) -> None:
        samples = samples_of(self._history, readings)
        if self._sees_receipts:
            self._receipts += samples
            return
        result = run(self._history, self._track, samples, None)
        self._track = result.track
        self._over += result.over

    def end(self, clock: datetime) -> Sequence[Episode]:
        grace = self._rules[-1].grace
        result = run(self._history, self._track, in_order(self._receipts), clock - grace)
        return [*self._over, *result.episodes]
