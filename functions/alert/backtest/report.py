"""The report of a back-test: alerts under old and new rules side by side, and counts."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter

from functions.alert.backtest.comparison import VERDICTS, Pair, Verdict
from functions.alert.episode_text import line_of
from shared.alerts.timeline.episode import Episode
from shared.times import rfc3339

_EPISODE: Final = TypeAdapter(Episode)
_SIGNS: Final[dict[Verdict, str]] = {"changed": "~", "added": "+", "gone": "-"}


@dataclass(slots=True)
class Report:
    """What was compared so far. At most `most` pairs are told; the counts are of all."""

    start: datetime
    end: datetime
    most: int
    old_rules: str
    budget: int | None
    devices: int = 0
    readings: int = 0
    _pairs: list[Pair] = field(init=False, default_factory=list)
    _of_devices: dict[str, dict[str, Counter[Verdict]]] = field(init=False, default_factory=dict)
    _of_rules: dict[str, Counter[Verdict]] = field(init=False, default_factory=dict)
    _total: Counter[Verdict] = field(init=False, default_factory=Counter)

    def add(self, readings: int, pairs: Sequence[Pair]) -> None:
        """Take in one device."""
        self.devices += 1
        self.readings += readings
        for pair in pairs:
            of_device = self._of_devices.setdefault(pair.device_id, {})
            of_device.setdefault(pair.rule_id, Counter())[pair.verdict] += 1
            self._of_rules.setdefault(pair.rule_id, Counter())[pair.verdict] += 1
            self._total[pair.verdict] += 1
        self._pairs += pairs[: max(self.most - len(self._pairs), 0)]

    @property
    def is_within_budget(self) -> bool:
        """Whether the new rules add no more alerts than they may."""
        return self.budget is None or self._total["added"] <= self.budget

    def summary(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return {
            "from": rfc3339(self.start),
            "to": rfc3339(self.end),
            "old_rules": self.old_rules,
            "devices": self.devices,
            "readings": self.readings,
            **_counts_of(self._total),
            "budget": self.budget,
            "is_within_budget": self.is_within_budget,
            "rules": _by_rule(self._of_rules),
            "by_device": {name: _by_rule(rules) for name, rules in self._of_devices.items()},
            "episodes": [_told(pair) for pair in self._pairs],
            "episodes_left_out": self._total.total() - len(self._pairs),
        }

    def lines(self, *, is_json: bool) -> Sequence[str]:
        """Return what is printed."""
        if is_json:
            return [json.dumps(self.summary())]
        differing = [pair for pair in self._pairs if pair.verdict != "same"]
        lines = [line for pair in differing for line in _lines_of(pair)]
        rules = [f"{name}: {_text(counts)}" for name, counts in _by_rule(self._of_rules).items()]
        head = f"{self.devices} devices, {self.readings} readings, old rules: {self.old_rules}"
        budget = "" if self.budget is None else f", may be added {self.budget}"
        return [*lines, head, *rules, f"all rules: {_text(_counts_of(self._total))}{budget}"]


def _by_rule(found: Mapping[str, Counter[Verdict]]) -> dict[str, dict[str, int]]:
    return {name: _counts_of(found[name]) for name in sorted(found)}


def _counts_of(found: Counter[Verdict]) -> dict[str, int]:
    """Return how many alerts there are under each of the two, and what became of them."""
    total = found.total()
    counts = {"old": total - found["added"], "new": total - found["gone"]}
    return counts | {verdict: found[verdict] for verdict in VERDICTS}


def _told(pair: Pair) -> dict[str, Any]:
    old, new = (
        None if one is None else _EPISODE.dump_python(one, mode="json")
        for one in (pair.old, pair.new)
    )
    parts = {"device_id": pair.device_id, "rule_id": pair.rule_id, "verdict": pair.verdict}
    return parts | {"old": old, "new": new}


def _lines_of(pair: Pair) -> Sequence[str]:
    sign = _SIGNS[pair.verdict]
    sides = (("old", pair.old), ("new", pair.new))
    return [f"{sign} {pair.device_id}  {n}: {line_of(one)}" for n, one in sides if one is not None]


def _text(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())
