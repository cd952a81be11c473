"""The partitions that a consumer has been assigned, and the topic that they are of: pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from local_dev.eventing.topic_probe import TopicShape, TopicState


@dataclass(frozen=True, slots=True)
class Assignment:
    """An assignment: `first_offsets` had been committed, `shape` is None as long as unknown."""

    partitions: frozenset[int] = frozenset()
    first_offsets: Mapping[int, int] = field(default_factory=dict)
    shape: TopicShape | None = None

    def without(self, partitions: Iterable[int]) -> Assignment:
        """Return what is left when these partitions are taken away."""
        return replace(self, partitions=self.partitions - frozenset(partitions))

    def is_of_another(self, shape: TopicShape | None) -> bool:
        """Return whether it is known to be of another topic than this; None is no topic."""
        if self.shape is None:
            return False
        return shape is None or shape.identity != self.shape.identity

    def lag_behind(self, state: TopicState, settled: Mapping[int, int]) -> int | None:
        """Return how many offsets lie between what is settled and the end; None if unknown.

        It is unknown while there is no partition, and from the time when partitions are added to
        the topic until they are assigned too.
        """
        if not self.partitions or state.shape != self.shape:
            return None
        known = {**state.starts, **self.first_offsets, **settled}
        behind = (state.ends[n] - max(known[n], state.starts[n]) for n in self.partitions)
        return sum(max(0, each) for each in behind)
