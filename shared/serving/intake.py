"""The intake of readings that aggregate and alert share: concurrent events, one write."""

from collections.abc import Awaitable, Callable, Sequence

from shared.mongo.reading_store import Incoming, count_too_late, refuse_too_late
from shared.outcomes import TemporaryError
from shared.readings.cloud_event import CloudEvent
from shared.readings.reading_event import readings_in
from shared.serving.group_commit import GroupCommit

Keep = Callable[[Sequence[Incoming]], Awaitable[frozenset[str]]]


class Intake:
    """Calls `keep` with the readings of concurrent events.

    `keep` stores them, with what follows from them, and returns the ids of those that are too late
    to be stored at all. An event counts as `least_weight` readings at least: that bounds how many
    events a group has. `holds_dedup_unique` tells whether the index is built by which a reading
    that was sent again without a time is recognised.
    """

    def __init__(
        self, keep: Keep, holds_dedup_unique: Callable[[], bool], least_weight: int = 1
    ) -> None:
        self._keep = keep
        self._holds_dedup_unique = holds_dedup_unique
        self._group = GroupCommit(self._keep_events, lambda event: max(len(event), least_weight))

    async def take(self, event: CloudEvent) -> None:
        """Return when the readings of the event are kept.

        Raise PermanentError for an event that is not of readings, or has some that are too late
        (its others are kept by then), and TemporaryError where the database fails, or cannot tell
        yet that a reading without a clock was sent again.
        """
        received = readings_in(event)
        if not self._holds_dedup_unique() and any(one.dedup for one in received.readings):
            raise TemporaryError("index", "the index of readings without a clock is being made")
        late = await self._group.submit(
            [Incoming(reading, received.received_at) for reading in received.readings]
        )
        refuse_too_late(late)

    async def _keep_events(self, events: Sequence[Sequence[Incoming]]) -> Sequence[int]:
        too_late = await self._keep([one for event in events for one in event])
        return [count_too_late(event, too_late) for event in events]
