"""A second, slow way to the episodes of alerts: second by second, sharing nothing with the fold.

All times and durations are whole seconds since START. It follows the table of states alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.alerts.rules.history import RuleHistory
    from shared.alerts.rules.rule import Level, Rule
    from shared.alerts.timeline.episode import Episode
    from shared.alerts.timeline.sample import Sample

START = datetime(2026, 1, 31, tzinfo=UTC)
SECOND = timedelta(seconds=1)
FIELDS = (
    "rule_version",
    "started",
    "fired",
    "ended",
    "end_reason",
    "peak",
    "peak_at",
    "severity",
    "highest_severity",
    "level_changes",
    "openings",
    "flapping_since",
    "opened_by",
    "closed_by",
)


def at(second: float) -> datetime:
    return START + second * SECOND


def essence(episode: Episode) -> dict[str, Any]:
    """Return what the oracle knows of an episode."""
    return {name: getattr(episode, name) for name in FIELDS}


def episodes_by_the_second(
    history: RuleHistory, samples: Sequence[Sample], bound: datetime | None
) -> list[dict[str, Any]]:
    """Return the essence of each episode, in order."""
    if not samples:
        return []
    ordered = sorted(set(samples))
    by_the_second = _Silence() if _kind_of(history) in ("stale", "offline") else _Levels()
    now, end = ordered[0].ts, max(ordered[-1].ts, bound or ordered[-1].ts)
    while now <= end:
        by_the_second.second(history, now, [one for one in ordered if one.ts == now])
        now += SECOND
    return [{name: one[name] for name in FIELDS} for one in by_the_second.all()]


def _kind_of(history: RuleHistory) -> str:
    return next(rule.kind for _, rule in history.steps if rule is not None)


@dataclass
class _Openings:
    """When alerts fired, and whether they flap."""

    fired: list[datetime] = field(default_factory=list)
    since: datetime | None = None

    def open(self, rule: Rule, now: datetime) -> dict[str, Any]:
        within = [one for one in self.fired if now - one < rule.flap_within]
        if not within:
            self.since = None
        if self.since is None and len(within) + 1 >= rule.flap_openings:
            self.since = now
        self.fired.append(now)
        return {
            "openings": min(len(within) + 1, rule.flap_openings + 1),
            "flapping_since": self.since,
        }


class _Silence:
    def __init__(self) -> None:
        self.done: list[dict[str, Any]] = []
        self.now: dict[str, Any] | None = None
        self.last: Sample | None = None
        self.rule: Rule | None = None
        self.openings = _Openings()

    def all(self) -> list[dict[str, Any]]:
        return self.done + ([self.now] if self.now else [])

    def second(self, history: RuleHistory, now: datetime, samples: list[Sample]) -> None:
        rule = self.rule
        if rule is not None and self.last is not None and self.now is None:
            assert rule.timeout is not None
            deadline = self.last.ts + rule.timeout
            if now > deadline:
                self.now = self.open(rule, self.last, deadline)
        if history.at(now) is None:
            self.end(now, "rule_removed", ())
            self.rule, self.last, self.openings = None, None, _Openings()
            return
        for sample in samples:
            self.end(now, "recovered", (sample.reading_id,))
            if self.rule is not None and self.rule != history.at(now):
                self.openings = _Openings()
            self.rule, self.last = history.at(now), sample

    def open(self, rule: Rule, last: Sample, fired: datetime) -> dict[str, Any]:
        name = rule.levels[0].name
        assert rule.timeout is not None
        return {
            "rule_version": rule.version,
            "started": last.ts,
            "fired": fired,
            "ended": None,
            "end_reason": None,
            "peak": rule.timeout.total_seconds(),
            "peak_at": fired,
            "severity": name,
            "highest_severity": name,
            "level_changes": ((fired, name),),
            "opened_by": (last.reading_id,),
            "closed_by": (),
        } | self.openings.open(rule, fired)

    def end(self, now: datetime, reason: str, closed_by: tuple[str, ...]) -> None:
        if self.now is None:
            return
        self.now |= {
            "ended": now,
            "end_reason": reason,
            "peak": (now - self.now["started"]).total_seconds(),
            "peak_at": now,
            "level_changes": (*self.now["level_changes"], (now, None)),
            "closed_by": closed_by,
        }
        self.done.append(self.now)
        self.now = None


@dataclass
class _State:
    word: str = "OK"
    t0: datetime = START
    tc: datetime = START
    fired: datetime = START
    breaches: list[Sample] = field(default_factory=list)
    clears: list[Sample] = field(default_factory=list)
    best: Sample | None = None

    @property
    def is_on(self) -> bool:
        return self.word in ("FIRING", "RESOLVING")


class _Levels:
    def __init__(self) -> None:
        self.done: list[dict[str, Any]] = []
        self.now: dict[str, Any] | None = None
        self.states: dict[str, _State] = {}
        self.held: datetime | None = None
        self.before: Sample | None = None
        self.rule: Rule | None = None
        self.openings = _Openings()

    def all(self) -> list[dict[str, Any]]:
        return self.done + ([self.now] if self.now else [])

    def second(self, history: RuleHistory, now: datetime, samples: list[Sample]) -> None:
        if self.rule is not None:
            self.tick(self.rule, now)
        if history.at(now) is None:
            self.remove(now)
            return
        for sample in samples:
            rule = history.at(now)
            assert rule is not None
            is_new = self.rule is not None and self.rule != rule
            if is_new:
                self.change(rule, now)
            self.rule = rule
            seen = self.seen(rule, sample)
            if seen is not None:
                self.see(rule, seen)
            elif is_new:
                self.lose_sight()
            self.before = sample
            self.finish()

    def seen(self, rule: Rule, sample: Sample) -> Sample | None:
        if rule.kind == "threshold":
            return sample
        if self.before is None or sample.ts == self.before.ts:
            return None
        seconds = (sample.ts - self.before.ts).total_seconds()
        if seconds < rule.min_interval.total_seconds() or seconds > rule.max_gap.total_seconds():
            return None
        return sample._replace(value=(sample.value - self.before.value) / seconds)

    def state(self, level: Level) -> _State:
        return self.states.setdefault(level.name, _State())

    def tick(self, rule: Rule, now: datetime) -> None:
        if self.held is None:
            return
        happened: list[tuple[str, Any]] = []
        if now <= self.held + rule.max_gap:
            for level in rule.levels:
                state = self.state(level)
                if state.word == "PENDING" and self.is_ripe(level, state, now):
                    happened += self.fire(state, now)
                elif state.word == "RESOLVING" and now - state.tc >= level.clear_hold:
                    happened += self.over(state, state.tc, "recovered")
        else:
            self.lose_sight()
            if rule.resolve_on_silence:
                for state in self.states.values():
                    if state.is_on:
                        state.clears = []
                        happened += self.over(state, max(self.held, state.fired), "no_data")
        self.tell(rule, happened)
        self.finish()

    def lose_sight(self) -> None:
        for state in self.states.values():
            if state.word == "PENDING":
                state.word = "OK"
            elif state.word == "RESOLVING":
                state.word = "FIRING"

    def is_ripe(self, level: Level, state: _State, now: datetime) -> bool:
        return len(state.breaches) >= level.min_count and now - state.t0 >= level.hold

    def see(self, rule: Rule, sample: Sample) -> None:
        happened: list[tuple[str, Any]] = []
        for level in rule.levels:
            state, value = self.state(level), sample.value
            is_breach = (level.high is not None and value > level.high) or (
                level.low is not None and value < level.low
            )
            is_clear = (level.high is None or value <= _or(level.clear_high, level.high)) and (
                level.low is None or value >= _or(level.clear_low, level.low)
            )
            if is_breach and state.is_on:
                state.word = "FIRING"
                happened.append(("peak", sample))
            elif is_breach:
                if state.word == "OK":
                    state.word, state.t0, state.breaches = "PENDING", sample.ts, []
                    state.best = None
                state.breaches.append(sample)
                state.best = _farthest(rule, state.best, sample)
                if self.is_ripe(level, state, sample.ts):
                    happened += self.fire(state, sample.ts)
            elif not state.is_on:
                state.word = "OK"
            elif not is_clear:
                state.word = "FIRING"
            else:
                if state.word == "FIRING":
                    state.word, state.tc, state.clears = "RESOLVING", sample.ts, []
                state.clears.append(sample)
                if sample.ts - state.tc >= level.clear_hold:
                    happened += self.over(state, state.tc, "recovered")
        self.held = sample.ts
        self.tell(rule, happened)

    def fire(self, state: _State, now: datetime) -> list[tuple[str, Any]]:
        state.word, state.fired = "FIRING", now
        return [("fired", (now, state))]

    def over(self, state: _State, end: datetime, reason: str) -> list[tuple[str, Any]]:
        state.word = "OK"
        return [("over", (end, reason, _ends(state.clears)))]

    def change(self, rule: Rule, now: datetime) -> None:
        names = {level.name for level in rule.levels}
        gone = [name for name in self.states if name not in names]
        happened = []
        for name in gone:
            state = self.states.pop(name)
            if state.is_on:
                happened.append(("over", (max(now, state.fired), "rule_removed", ())))
        self.openings = _Openings()
        self.tell(rule, happened)

    def remove(self, now: datetime) -> None:
        happened = [
            ("over", (max(now, state.fired), "rule_removed", ()))
            for state in self.states.values()
            if state.is_on
        ]
        if self.rule is not None:
            self.states = {}
            self.tell(self.rule, happened)
            self.finish()
        self.rule, self.held, self.before, self.openings = None, None, None, _Openings()

    def tell(self, rule: Rule, happened: list[tuple[str, Any]]) -> None:
        """Write one moment into the episode."""
        for word, what in happened:
            if word == "fired":
                now, state = what
                t0, breaches = state.t0, state.breaches
                if self.now is None:
                    self.now = {"rule_version": rule.version, "fired": now, "started": t0}
                    self.now |= {"opened_by": _ends(breaches), "best": None, "changes": []}
                    self.now |= {"ends": [], "on": None, "ended": None, "highest": None}
                    self.now |= self.openings.open(rule, now)
                if t0 < self.now["started"]:
                    self.now |= {"started": t0, "opened_by": _ends(breaches)}
                self.now["best"] = _farthest(rule, self.now["best"], state.best)
        for word, what in happened:
            if word == "over":
                assert self.now is not None
                self.now["ends"].append(what)
            elif word == "peak":
                assert self.now is not None
                self.now["best"] = _farthest(rule, self.now["best"], what)
        if self.now is not None and happened:
            self.level(rule)
        if self.now is not None:
            self.describe()

    def level(self, rule: Rule) -> None:
        assert self.now is not None
        names = [level.name for level in rule.levels]
        on = [name for name in names if self.states.get(name, _State()).is_on]
        top = on[-1] if on else None
        last_end = max((end for end, _, _ in self.now["ends"]), default=START)
        if top != self.now["on"]:
            when = last_end if top is None else self.states[top].fired
            is_lower = (
                top is not None
                and self.now["on"] is not None
                and (self.now["on"] not in names or names.index(top) < names.index(self.now["on"]))
            )
            if is_lower:
                when = max(when, last_end)
            self.note_level(when, top)
            self.now["on"] = top
        if top is not None:
            rank = names.index(top)
            if self.now["highest"] is None or rank > self.now["highest"][0]:
                self.now["highest"] = (rank, top)
            self.now["severity"] = top
        self.now["ended"] = None if on else last_end

    def note_level(self, when: datetime, top: str | None) -> None:
        assert self.now is not None
        changes = self.now["changes"]
        if changes:
            when = max(when, changes[-1][0])
        while len(changes) > 1 and changes[-1][0] == when:
            changes.pop()
        changes.append((when, top))

    def describe(self) -> None:
        assert self.now is not None
        best, changes = self.now["best"], self.now["changes"]
        end = None
        for one in self.now["ends"]:
            if end is None or one[0] >= end[0]:
                end = one
        is_over = self.now["ended"] is not None
        assert not is_over or end is not None
        self.now |= {
            "peak": best.value,
            "peak_at": best.ts,
            "highest_severity": self.now["highest"][1],
            "level_changes": tuple(changes if len(changes) <= 51 else [changes[0], *changes[-50:]]),
            "end_reason": end[1] if is_over and end else None,
            "closed_by": end[2] if is_over and end else (),
        }

    def finish(self) -> None:
        if self.now is None or self.now["ended"] is None:
            return
        waiting = [one.t0 for one in self.states.values() if one.word == "PENDING"]
        if not any(t0 <= self.now["ended"] for t0 in waiting):
            self.done.append(self.now)
            self.now = None


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def _ends(samples: list[Sample]) -> tuple[str, ...]:
    ids = [one.reading_id for one in samples]
    return tuple(dict.fromkeys((ids[0], ids[-1]))) if ids else ()


def _farthest(rule: Rule, one: Sample | None, other: Sample) -> Sample:
    """Return which is farther beyond the nearest limits; of equal ones the earlier."""
    if one is None or _beyond(rule, other) > _beyond(rule, one):
        return other
    return min(one, other) if _beyond(rule, other) == _beyond(rule, one) else one


def _beyond(rule: Rule, sample: Sample) -> float:
    above = [sample.value - level.high for level in rule.levels if level.high is not None]
    below = [level.low - sample.value for level in rule.levels if level.low is not None]
    return max(above + below)
