"""Explains a timeline: for each sample what it was to the rule, and what came of it and why.

The steps are read off the states of the production fold, folded sample by sample.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.alerts.rules.history import RuleHistory
from shared.alerts.rules.rule import Level, Rule, zone
from shared.alerts.timeline.era import era_at, eras_of
from shared.alerts.timeline.fold import fold_of, run
from shared.alerts.timeline.reasons import happened_between
from shared.alerts.timeline.sample import Sample
from shared.alerts.timeline.track import Phase, Track


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one reading did, or the time that passed before it.

    `seen` is what the rule saw of the reading: its value, for rules of change that per second, for
    rules of silence the seconds without a reading; None where it tells nothing. `zones`, `before`
    and `after` are by level. `happened`: sentences, none where nothing did.
    """

    cause: Literal["reading", "time"]
    at: datetime
    rule_version: int
    reading_id: str | None = None
    value: float | None = None
    seen: float | None = None
    zones: Mapping[str, str]
    before: Mapping[str, Phase]
    after: Mapping[str, Phase]
    happened: tuple[str, ...] = ()


def explain(
    history: RuleHistory, track: Track, samples: Sequence[Sample], bound: datetime | None
) -> Iterator[Step]:
    """Return the steps of a fold from the track over the samples, then to the bound."""
    for sample in samples:
        passed, step = _passing(history, track, sample.ts)
        if step is not None:
            yield step
        result = run(history, track, [sample], None)
        rule = history.at(sample.ts)
        if rule is not None:
            yield _reading(rule, sample, _seen(history, track, sample), passed, result.track)
        track = result.track
    if bound is not None:
        _, step = _passing(history, track, bound)
        if step is not None:
            yield step


def _passing(history: RuleHistory, track: Track, to: datetime) -> tuple[Track, Step | None]:
    """Return the state when time has passed, and the step where that changed it."""
    era = None if track.position is None else era_at(eras_of(history), track.position[0])
    if era is None or track.position is None:
        return track, None
    fold = fold_of(era, track, track.position[0])
    assert fold is not None
    passed = fold.at_time(to)
    rule, _ = era.step_at(track.position[0])
    happened = happened_between(rule, track, passed, None, is_removed=to >= era.end)
    if not happened:
        return passed, None
    step = Step(
        cause="time",
        at=to,
        rule_version=rule.version,
        zones={},
        before=_phases(rule, track),
        after=_phases(rule, passed),
        happened=happened,
    )
    return passed, step


def _reading(rule: Rule, sample: Sample, seen: float | None, before: Track, after: Track) -> Step:
    return Step(
        cause="reading",
        at=sample.ts,
        rule_version=rule.version,
        reading_id=sample.reading_id,
        value=sample.value,
        seen=seen,
        zones=_zones(rule.levels, seen) if rule.kind in ("threshold", "rate") else {},
        before=_phases(rule, before),
        after=_phases(rule, after),
        happened=happened_between(rule, before, after, seen),
    )


def _seen(history: RuleHistory, track: Track, sample: Sample) -> float | None:
    """Return what the rule sees of a sample that follows the track."""
    era = era_at(eras_of(history), sample.ts)
    assert era is not None
    is_of_era = track.position is not None and era_at([era], track.position[0]) is era
    fold = fold_of(era, track if is_of_era else Track(), sample.ts)
    assert fold is not None
    seen = fold.seen(sample)
    return None if seen is None else seen.value


def _zones(levels: Sequence[Level], seen: float | None) -> Mapping[str, str]:
    return {} if seen is None else {one.name: zone(one, seen).value for one in levels}


def _phases(rule: Rule, track: Track) -> Mapping[str, Phase]:
    """Return the phase of each level; a level of silence fires while its episode goes on."""
    if rule.kind in ("stale", "offline"):
        phase: Phase = "ok" if track.episode is None else "firing"
        return {rule.levels[0].name: phase}
    states = dict(track.levels)
    named = {level.name: states.get(level.name) for level in rule.levels}
    return {name: "ok" if state is None else state.phase for name, state in named.items()}
