"""The common part of the two pumps of a KafkaSource, `unordered_pump` and `ordered_pump`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from local_dev.eventing.offsets import OffsetTracker
from local_dev.wire.cloud_event import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local_dev.eventing.consumer import PolledConsumer
    from local_dev.eventing.delivery import EventDelivery
    from local_dev.wire.event_request import TraceContext
    from local_dev.wire.record_event import Lost, Record, RecordReader


class RecordPump:
    """Takes the records of each poll; a subclass says when each is sent and when to poll."""

    def __init__(
        self, consumer: PolledConsumer, reader: RecordReader, delivery: EventDelivery
    ) -> None:
        self._consumer = consumer
        self._reader = reader
        self._delivery = delivery
        self._trackers: dict[int, OffsetTracker] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._is_retired = False

    def start(self) -> None:
        """Ask for the first poll."""
        raise NotImplementedError

    def polled(self, records: list[Record]) -> None:
        for record in records:
            self._trackers.setdefault(record.partition, OffsetTracker()).received(record.offset)
        for record, event in zip(records, self._reader.read_poll(records), strict=True):
            self._take(record, event)

    def revoked(self, partitions: list[int]) -> Mapping[int, int]:
        """Forget these partitions; what is in flight goes on, and nothing waits for it."""
        handed_back = self.take_commits(frozenset(partitions))
        for partition in partitions:
            self._trackers.pop(partition, None)
        return handed_back

    def take_commits(self, only: frozenset[int] | None = None) -> dict[int, int]:
        """Return the offsets that are new since the last commit, for these partitions or all."""
        trackers = self._trackers.items()
        new = {p: t.take_commit() for p, t in trackers if only is None or p in only}
        return {partition: offset for partition, offset in new.items() if offset is not None}

    def settled_offsets(self) -> dict[int, int]:
        """Return the offset behind what is done with, per partition."""
        known = {p: t.next_offset for p, t in self._trackers.items()}
        return {partition: offset for partition, offset in known.items() if offset is not None}

    def retire(self) -> None:
        """Poll no more; what was polled is delivered."""
        self._is_retired = True

    async def stop(self, grace_s: float) -> None:
        """Take nothing new, and give what is in flight `grace_s` seconds to end."""
        self._stopping = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_s)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _take(self, record: Record, event: Event | Lost) -> None:
        raise NotImplementedError

    def _begin(self, work: asyncio.Task[None], then: Callable[[], None]) -> None:
        self._tasks.add(work)
        work.add_done_callback(self._tasks.discard)
        work.add_done_callback(lambda task: self._ended(task, then))

    def _ended(self, work: asyncio.Task[None], then: Callable[[], None]) -> None:
        if work.cancelled():
            return
        defect = work.exception()
        if defect is not None:
            raise defect  # the event loop reports it; the record stays open and comes again
        then()

    async def _settle(self, record: Record, event: Event | Lost, trace: TraceContext) -> None:
        tracker = self._trackers.get(record.partition)
        if isinstance(event, Event):
            await self._delivery.deliver(event, trace)
        else:
            where = f"partition {record.partition} offset {record.offset}"
            self._delivery.lost(where, event.reason)
        if tracker is not None:
            tracker.settled(record.offset)


def traceparent_of(record: Record) -> bytes | None:
    """Return the record's Kafka header `traceparent`."""
    return dict(record.headers).get("traceparent")
