"""The fold of a rule of thresholds in one era: samples in, a track and episodes out."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from shared.alerts.timeline.episode import Episode
from shared.alerts.timeline.era import NEVER, Era, in_zone_of
from shared.alerts.timeline.levels import Levels
from shared.alerts.timeline.sample import Sample
from shared.alerts.timeline.track import Track


class LevelFold:
    """The samples of one era on their way through the levels."""

    def __init__(self, era: Era, track: Track, first: datetime) -> None:
        self.era = era
        self.last: Sample | None = None
        if track.position is not None:
            self.last = Sample(*track.position, 0.0 if track.value is None else track.value)
            first = self.last.ts
        rule, self.until = era.step_at(first)
        self.levels = Levels(rule, track)

    @property
    def finished(self) -> Sequence[Episode]:
        """The episodes that were over since the fold began."""
        return self.levels.finished

    def consume(self, samples: Iterator[Sample]) -> Sample | None:
        """Fold the samples up to the era's end; return the first one that is after it."""
        while (sample := self.next_that_matters(samples)) is not None:
            if sample.ts >= self.era.end:
                return sample
            self.levels.pass_time(sample.ts)
            is_first_of_version = sample.ts >= self.until
            if is_first_of_version:
                rule, self.until = self.era.step_at(sample.ts)
                self.levels.take_version(rule, sample)
            seen = self.seen(sample)
            if seen is not None:
                self.levels.see(seen)
            elif is_first_of_version:
                self.levels.see_nothing(sample)
            self.last = sample
        return None

    def track(self) -> Track:
        """Return the state after the last sample."""
        assert self.last is not None
        return replace(
            self.levels.track(),
            position=(self.last.ts, self.last.reading_id),
            flaps=self.levels.flaps.until(self.last.ts, self.levels.rule),
        )

    def close(self) -> Sequence[Episode]:
        """Return the episodes that were over by the era's end, at which the rule is removed."""
        self.levels.remove(self.era.end)
        return self.finished

    def at_bound(self, bound: datetime | None) -> tuple[Sequence[Episode], datetime | None]:
        """Return the further episodes at that time, and when more time next changes one."""
        levels = self.levels if bound is None else self._levels_at(bound)
        dues = [levels.due(), self.era.end if levels.is_active else None]
        due = min((one for one in dues if one is not None and one <= self.era.end), default=None)
        due = None if due == NEVER else due
        finished = () if levels is self.levels else levels.finished
        current = () if levels.episode is None else (levels.episode,)
        return [*finished, *current], due

    def at_time(self, to: datetime) -> Track:
        """Return the state when time has passed to `to`, which is never one to fold on from."""
        return self._levels_at(to).track()

    def next_that_matters(self, samples: Iterator[Sample]) -> Sample | None:
        """Return the next sample, of a quiet rule the next that can change anything."""
        if not self.levels.is_quiet:
            return next(samples, None)
        low, high, last = self.levels.limits.low, self.levels.limits.high, self.last
        until = self.until if last is None else in_zone_of(self.until, last.ts)
        for sample in samples:
            if low <= sample[2] <= high and sample[0] < until:
                last = sample
            else:
                self.last = last
                return sample
        self.last = last
        return None

    def seen(self, sample: Sample) -> Sample | None:
        """Return what the levels see of a sample; None where they see nothing."""
        return sample

    def _levels_at(self, to: datetime) -> Levels:
        """Return the levels when time has passed to `to`; `finished` is of that time alone."""
        levels = self.levels.copy()
        if to >= self.era.end:
            levels.remove(self.era.end)
        else:
            levels.pass_time(to)
        return levels
