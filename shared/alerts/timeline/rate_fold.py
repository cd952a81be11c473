"""The fold of a rule of change: the levels see how fast the value changes, per second."""

from collections.abc import Iterator
from dataclasses import replace

from shared.alerts.timeline.level_fold import LevelFold
from shared.alerts.timeline.sample import Sample
from shared.alerts.timeline.track import Track


class RateFold(LevelFold):
    """The change is that from the sample before, in the order of event time.

    Two samples that are closer than `min_interval`, or farther apart than `max_gap`, tell none.
    """

    def track(self) -> Track:
        """Return the state after the last sample, whose value the next one is compared with."""
        assert self.last is not None
        return replace(super().track(), value=self.last.value)

    def next_that_matters(self, samples: Iterator[Sample]) -> Sample | None:
        """Return the next sample, of a quiet rule the next that can change anything."""
        if not self.levels.is_quiet:
            return next(samples, None)
        limits, until = self.levels.limits, self.until
        for sample in samples:
            if sample.ts >= until:
                return sample
            seen = self.seen(sample)
            if seen is not None and not limits.low <= seen.value <= limits.high:
                return sample
            self.last = sample
        return None

    def seen(self, sample: Sample) -> Sample | None:
        """Return the change per second at a sample; None where the two before it tell none."""
        last, rule = self.last, self.levels.rule
        if last is None:
            return None
        apart = sample.ts - last.ts
        if not rule.min_interval <= apart <= rule.max_gap or not apart:
            return None
        return sample._replace(value=(sample.value - last.value) / apart.total_seconds())
