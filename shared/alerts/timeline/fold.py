"""The timeline: what a rule's history makes of the samples of a device, and of time that passes.

It is a pure function of these three. Live traffic, late data, back-tests, audits and explanations
all use it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Final

from shared.alerts.rules.history import RuleHistory
from shared.alerts.timeline.episode import Episode
from shared.alerts.timeline.era import Era, era_at, eras_of
from shared.alerts.timeline.flaps import Flaps
from shared.alerts.timeline.level_fold import LevelFold
from shared.alerts.timeline.rate_fold import RateFold
from shared.alerts.timeline.sample import Position, Sample
from shared.alerts.timeline.silence_fold import SilenceFold
from shared.alerts.timeline.track import START, Track

Fold = LevelFold | SilenceFold


@dataclass(frozen=True, slots=True)
class Run:
    """What a fold came to.

    `track` is the state after the last sample, untouched by any bound. `over`: the episodes that
    were over by then: one who folds on from `track` keeps these. `episodes`: these and what the
    bound makes of the rest, last the one that goes on. `due`: the earliest event time at which a
    later bound changes an episode, None where only a sample does.
    """

    track: Track
    over: tuple[Episode, ...]
    episodes: tuple[Episode, ...]
    due: datetime | None


def run(
    history: RuleHistory, track: Track, samples: Iterable[Sample], bound: datetime | None
) -> Run:
    """Fold the samples that follow the track's position; then let time pass to `bound`.

    The samples come in their order (`in_order`), each once. `bound` is whole milliseconds; None
    where time passes by samples alone. Folding in pieces, each from the track of the one before,
    gives the same as folding all at once.
    """
    eras = eras_of(history)
    finished: list[Episode] = []
    position = track.position
    fold = None if position is None else fold_of(era_at(eras, position[0]), track, position[0])
    iterator = iter(samples)
    sample = next(iterator, None)
    while sample is not None:
        era = era_at(eras, sample.ts)
        if fold is not None and fold.era is not era:
            finished += fold.close()
            fold = None
        fold = fold or fold_of(era, START, sample.ts)
        if fold is None:
            position, sample = (sample.ts, sample.reading_id), next(iterator, None)
        else:
            sample = fold.consume(chain((sample,), iterator))
    if fold is None:
        return Run(Track(position=position), tuple(finished), tuple(finished), None)
    over = (*finished, *fold.finished)
    further, due = fold.at_bound(bound)
    return Run(fold.track(), over, (*over, *further), due)


def quiet_track(
    history: RuleHistory,
    position: Position,
    before: Sequence[Episode] = (),
    value: float | None = None,
) -> Track:
    """Return the track at a position after which every level is OK: a point to fold from.

    `before` has the rule's episodes that were over by then, in order; the late ones tell whether it
    is flapping. `value`: what the sample there said, which a rule of change needs.
    """
    rule = history.at(position[0])
    if rule is None:
        return Track(position=position)
    fired = [one for one in before if one.rule_version == rule.version]
    openings = tuple(one.fired for one in fired)[-rule.flap_openings - 1 :]
    flaps = Flaps(openings, fired[-1].flapping_since if fired else None)
    kept = value if rule.kind == "rate" else None
    return Track(position=position, value=kept, flaps=flaps.until(position[0], rule))


_FOLDS: Final[dict[str, type[LevelFold] | type[SilenceFold]]] = {
    "threshold": LevelFold,
    "rate": RateFold,
    "stale": SilenceFold,
    "offline": SilenceFold,
}


def fold_of(era: Era | None, track: Track, first: datetime) -> Fold | None:
    """Return the fold that goes on from the track; None where no rule holds."""
    return None if era is None else _FOLDS[era.steps[0][1].kind](era, track, first)
