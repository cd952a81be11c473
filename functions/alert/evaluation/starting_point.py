"""Where a fold starts, so that it is of few readings and yet as if it were of all.

That is a checkpoint before what is new; or, where none is near, a reading before it at which the
rule is all OK for certain: it breaks no limit, and no stored alert says otherwise. Without readings
for as long as a value can hold, no reading is needed: a limit that was being broken is so no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from functions.alert.evaluation.checkpoints import Document, before, position_of
from functions.alert.evaluation.device_reads import DeviceReads
from functions.alert.evaluation.job import NOTHING_NEW
from functions.alert.evaluation.known_alerts import KnownAlert, covering, known_alerts, over_by
from functions.alert.evaluation.watch import RuleWatch
from shared.alerts.timeline.fold import quiet_track, run
from shared.alerts.timeline.limits import Limits
from shared.alerts.timeline.sample import Position, Sample, samples_of
from shared.alerts.timeline.track import START, Track
from shared.readings.identity import EPOCH


@dataclass(frozen=True, slots=True)
class StartingPoint:
    """A track to go on from, with the samples after `position`."""

    track: Track
    position: Position


BEGINNING: Final = StartingPoint(START, (EPOCH, ""))
LEAST: Final = EPOCH + timedelta(days=3_650)  # spans can be taken from it
_MILLISECOND: Final = timedelta(milliseconds=1)


async def starting_point(
    watch: RuleWatch,
    chain: Sequence[Document],
    since: Position,
    reads: DeviceReads,
    doubtful_from: datetime | None,
) -> StartingPoint:
    """Return where to start, that all from `since` on is folded.

    From `doubtful_from` on something may go on of which no alert is stored.
    """
    earlier = before(chain, since)
    newest = earlier[-1] if earlier else None
    if newest is not None and is_near(newest, watch, since):
        return _at(newest)
    found = await _quiet_point(watch, newest, since, reads, doubtful_from)
    if found is None:
        return BEGINNING if newest is None else _at(newest)
    return found


def is_quiet(checkpoint: Document) -> bool:
    """Return whether all levels are OK there, as `Track.is_quiet` says."""
    return "levels" not in checkpoint and "episode" not in checkpoint


def is_near(checkpoint: Document, watch: RuleWatch, since: Position) -> bool:
    """Return whether no point that is nearer is worth looking for."""
    if not is_quiet(checkpoint) or since == NOTHING_NEW:
        return True
    return since[0] - position_of(checkpoint)[0] <= watch.max_gap


def _at(checkpoint: Document) -> StartingPoint:
    return StartingPoint(Track.from_document(checkpoint), position_of(checkpoint))


async def _quiet_point(
    watch: RuleWatch,
    newest: Document | None,
    since: Position,
    reads: DeviceReads,
    doubtful_from: datetime | None,
) -> StartingPoint | None:
    """Return a point after the newest checkpoint at which all is OK; None where there is none."""
    end, is_first, is_anything = since[0], True, False
    if doubtful_from is not None and doubtful_from < end:
        end, is_first, is_anything = doubtful_from, False, True
    floor = None if newest is None else position_of(newest)
    while True:
        some = await reads.some_before(end, watch.axis)
        samples = list(samples_of(watch.history, some[::-1]))
        oldest: datetime = some[-1][watch.axis] if some else EPOCH
        known = known_alerts(
            await reads.alerts(max(oldest, LEAST) - watch.flap_within), watch.history.rule_id
        )
        is_silent = is_first and _is_silent(watch, samples, since, oldest)
        if is_silent and covering(known, (since[0], ""), watch.clear_hold) is None:
            return _after_silence(watch, known, since)
        is_first = False
        found = _last_quiet(watch, samples, known)
        if found is not None and (floor is None or floor < found.position):
            return found
        if not some and not is_anything:
            return StartingPoint(START, (since[0], ""))  # there is nothing before
        if not some or (floor is not None and oldest <= floor[0]):
            return None
        start = covering(known, (oldest, ""), watch.clear_hold)
        end = oldest if start is None else min(start, oldest)
        is_anything = is_anything or bool(samples) or start is not None


def _is_silent(
    watch: RuleWatch, samples: Sequence[Sample], since: Position, oldest: datetime
) -> bool:
    """Return whether no value holds any more when the first new sample comes.

    `samples` are all of the time after `oldest`, before that one.
    """
    last = samples[-1].ts if samples else oldest
    return not watch.sees_all and since[0] - last > watch.max_gap


def _after_silence(watch: RuleWatch, known: Sequence[KnownAlert], since: Position) -> StartingPoint:
    position = (since[0], "")
    track = quiet_track(watch.history, position, over_by(known, position, watch.clear_hold))
    return StartingPoint(track, position)


def _last_quiet(
    watch: RuleWatch, samples: Sequence[Sample], known: Sequence[KnownAlert]
) -> StartingPoint | None:
    """Return the last of these samples at which the rule is all OK for certain."""
    for place in range(len(samples) - 1, -1, -1):
        sample = samples[place]
        position = (sample.ts, sample.reading_id)
        if covering(known, position, watch.clear_hold) is None and _is_well(watch, samples, place):
            over = over_by(known, position, watch.clear_hold)
            return StartingPoint(quiet_track(watch.history, position, over, sample.value), position)
    return None


def _is_well(watch: RuleWatch, samples: Sequence[Sample], place: int) -> bool:
    """Return whether the sample ends what was pending before it, and begins nothing."""
    sample = samples[place]
    rule = watch.history.at(sample.ts)
    if rule is not None and rule.kind == "threshold":
        limits = Limits.of(rule)
        return limits.low <= sample.value <= limits.high
    if rule is None or rule.kind != "rate":
        return run(watch.history, START, [sample], None).track.is_quiet
    if place == 0 or sample.ts - samples[place - 1].ts < max(rule.min_interval, _MILLISECOND):
        return False  # it tells no change
    return run(watch.history, START, samples[place - 1 : place + 1], None).track.is_quiet
