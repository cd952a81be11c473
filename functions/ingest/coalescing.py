"""Readings of requests that wait for Kafka anyway, in one record: KafkaSource posts by the record.

No timer: while records are on their way to Kafka, the requests that come meanwhile fill the next
one. A lone request waits for nothing. Each request is answered by the acknowledgement of the record
that its readings are in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from shared.outcomes import PermanentError
from shared.readings.reading import Reading
from shared.readings.reading_event import MAX_READINGS_PER_RECORD, Record, records_of
from shared.serving.group_commit import GroupCommit

WRITERS: Final = 4  # groups on their way at once: a broker that takes 20 ms still gets 200 a second
# A record of 500 readings has room for 1,000 bytes each; a measurement takes up to 92.
_MEASUREMENTS: Final = 8
_Outcome = PermanentError | None


class Publisher(Protocol):
    """Where records become safe; `publish` returns once they are, or raises an outcome."""

    async def publish(self, topic: str, records: Sequence[Record]) -> None: ...


@dataclass(frozen=True, slots=True)
class Waiting:
    """The readings of one request, and when they were received."""

    readings: Sequence[Reading]
    received_at: datetime

    @property
    def weight(self) -> int:
        """The room that they take in a record, in readings of few measurements."""
        more = sum(len(reading.measurements or ()) // _MEASUREMENTS for reading in self.readings)
        return len(self.readings) + more


class Coalescing:
    """Publishes the readings of concurrent requests together."""

    def __init__(self, publisher: Publisher, topic: str) -> None:
        self._publisher = publisher
        self._topic = topic
        self._group: GroupCommit[Waiting, _Outcome] = GroupCommit(
            self._publish,
            lambda waiting: waiting.weight,
            writers=WRITERS,
            max_weight=MAX_READINGS_PER_RECORD,
        )

    async def publish(self, readings: Sequence[Reading], received_at: datetime) -> None:
        """Return when Kafka has acknowledged the readings of a request.

        Raise TemporaryError where it did not in time, PermanentError where it never takes them.
        """
        outcome = await self._group.submit(Waiting(readings, received_at))
        if outcome is not None:
            raise outcome

    async def _publish(self, group: Sequence[Waiting]) -> Sequence[_Outcome]:
        if len(group) == 1:
            return [await self._outcome_of(group[0])]
        readings = [reading for waiting in group for reading in waiting.readings]
        # the latest: no reading may be further ahead of its receipt than when it was accepted
        received_at = max(waiting.received_at for waiting in group)
        try:
            await self._publisher.publish(self._topic, records_of(readings, received_at))
        except PermanentError:  # a topic that takes less than our records: each by itself
            return [await self._outcome_of(waiting) for waiting in group]
        return [None] * len(group)

    async def _outcome_of(self, waiting: Waiting) -> _Outcome:
        records = records_of(waiting.readings, waiting.received_at)
        try:
            await self._publisher.publish(self._topic, records)
        except PermanentError as rejected:
            return rejected
        return None
