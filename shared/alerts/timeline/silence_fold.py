"""The fold of a rule of silence: each gap between samples that is too long is an episode.

Of `stale` rules the times are those of events, of `offline` rules those of receipt.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from shared.alerts.timeline.episode import Episode
from shared.alerts.timeline.era import NEVER, Era
from shared.alerts.timeline.flaps import STEADY
from shared.alerts.timeline.sample import Sample
from shared.alerts.timeline.track import Track

_MILLISECOND: Final = timedelta(milliseconds=1)


class SilenceFold:
    """The samples of one era; silence begins with the last of them."""

    def __init__(self, era: Era, track: Track, first: datetime) -> None:
        self.era = era
        self.finished: list[Episode] = []
        self._flaps = track.flaps
        self._last: Sample | None = None
        if track.position is not None:
            self._last = Sample(*track.position, 0.0)
            first = self._last.ts
        self._rule, self._until = era.step_at(first)

    def consume(self, samples: Iterator[Sample]) -> Sample | None:
        """Fold the samples up to the era's end; return the first one that is after it."""
        while (sample := self._next_that_matters(samples)) is not None:
            if sample.ts >= self.era.end:
                return sample
            if self._last is not None and sample.ts > self._deadline:
                self.finished.append(self._ended_by(sample))
            if sample.ts >= self._until:
                self._rule, self._until = self.era.step_at(sample.ts)
                self._flaps = STEADY
            self._last = sample
        return None

    def track(self) -> Track:
        """Return the state after the last sample."""
        assert self._last is not None
        position = (self._last.ts, self._last.reading_id)
        return Track(position=position, flaps=self._flaps.until(self._last.ts, self._rule))

    def close(self) -> Sequence[Episode]:
        """Return the episodes that were over by the era's end, at which the rule is removed."""
        return [*self.finished, *self._removed()]

    def at_bound(self, bound: datetime | None) -> tuple[Sequence[Episode], datetime | None]:
        """Return the further episodes at that time, and when more time next changes one."""
        if self._last is None or self._deadline >= self.era.end:
            return (), None
        if bound is None or bound <= self._deadline:
            return (), self._deadline + _MILLISECOND
        if bound >= self.era.end:
            return self._removed(), None
        return (self._silent(),), None if self.era.end == NEVER else self.era.end

    def at_time(self, to: datetime) -> Track:
        """Return the state when time has passed to `to`, which is never one to fold on from."""
        further, _ = self.at_bound(to)
        return Track(episode=further[0] if further and further[0].is_open else None)

    def seen(self, sample: Sample) -> Sample | None:
        """Return what is seen of a sample: the seconds of silence before it."""
        if self._last is None:
            return None
        return sample._replace(value=(sample.ts - self._last.ts).total_seconds())

    @property
    def _timeout(self) -> timedelta:
        assert self._rule.timeout is not None
        return self._rule.timeout

    @property
    def _deadline(self) -> datetime:
        assert self._last is not None
        return self._last.ts + self._timeout

    def _next_that_matters(self, samples: Iterator[Sample]) -> Sample | None:
        """Return the next sample that ends a silence, or is the first of a version or of all."""
        last, timeout, until = self._last, self._timeout, self._until
        if last is None:
            return next(samples, None)
        for sample in samples:
            ts = sample[0]
            if ts - last[0] > timeout or ts >= until:
                self._last = last
                return sample
            last = sample
        self._last = last
        return None

    def _silent(self) -> Episode:
        """Return the episode of a silence that goes on."""
        assert self._last is not None
        fired, name = self._deadline, self._rule.levels[0].name
        flaps = self._flaps.with_opening(fired, self._rule)
        return Episode(
            rule_id=self._rule.rule_id,
            alert_type=self._rule.alert_type,
            rule_version=self._rule.version,
            started=self._last.ts,
            fired=fired,
            peak=self._timeout.total_seconds(),
            peak_at=fired,
            severity=name,
            rank=0,
            highest_severity=name,
            highest_rank=0,
            level_changes=((fired, name),),
            openings=len(flaps.openings),
            opened_by=(self._last.reading_id,),
            flapping_since=flaps.since,
        )

    def _ended_by(self, sample: Sample) -> Episode:
        episode = self._silent()
        self._flaps = self._flaps.with_opening(episode.fired, self._rule)
        return replace(
            episode,
            ended=sample.ts,
            end_reason="recovered",
            peak=(sample.ts - episode.started).total_seconds(),
            peak_at=sample.ts,
            level_changes=(*episode.level_changes, (sample.ts, None)),
            closed_by=(sample.reading_id,),
            settled=(sample.ts, sample.reading_id),
        )

    def _removed(self) -> Sequence[Episode]:
        end = self.era.end
        if self._last is None or self._deadline >= end:
            return ()
        episode = self._silent()
        return (
            replace(
                episode,
                ended=end,
                end_reason="rule_removed",
                peak=(end - episode.started).total_seconds(),
                peak_at=end,
                level_changes=(*episode.level_changes, (end, None)),
                settled=(end - _MILLISECOND, "~"),
            ),
        )
