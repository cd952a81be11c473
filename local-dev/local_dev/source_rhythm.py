"""When does a KafkaSource poll, and which events does it send side by side?

UnorderedConsumerVerticle and OrderedConsumerVerticle of eventing-kafka-broker 1.23.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from local_dev.cloud_event import Event
from local_dev.delivery_decision import MAX_POLL_RECORDS
from local_dev.event_request import TraceContext
from local_dev.offset_tracker import OffsetTracker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local_dev.event_delivery import EventDelivery
    from local_dev.polled_consumer import PolledConsumer
    from local_dev.record_event import Lost, Record, RecordReader

ORDERED_POLL_EVERY_S = 0.2  # POLLING_MS


class _Rhythm:
    """What both have in common: the records in hand, and what may be committed."""

    def __init__(
        self, consumer: PolledConsumer, reader: RecordReader, delivery: EventDelivery
    ) -> None:
        self._consumer = consumer
        self._reader = reader
        self._delivery = delivery
        self._trackers: dict[int, OffsetTracker] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False

    def polled(self, records: list[Record]) -> None:
        for record in records:
            self._trackers.setdefault(record.partition, OffsetTracker()).received(record.offset)
        for record, event in zip(records, self._reader.read_poll(records), strict=True):
            self._take(record, event)

    def revoked(self, partitions: list[int]) -> Mapping[int, int]:
        """Forget these partitions; what is in flight goes on, and nobody waits for its answer."""
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


class UnorderedRhythm(_Rhythm):
    """All records of a poll at once; polls again while fewer than 50 are in flight.

    So at most 99 are. All share one trace context, as in the real one.
    """

    def __init__(
        self, consumer: PolledConsumer, reader: RecordReader, delivery: EventDelivery
    ) -> None:
        super().__init__(consumer, reader, delivery)
        self._trace = TraceContext()
        self._is_polling = False
        self._in_flight = 0

    def start(self) -> None:
        self._poll_if_there_is_room()

    def polled(self, records: list[Record]) -> None:
        self._is_polling = False
        self._in_flight += len(records)
        super().polled(records)
        self._poll_if_there_is_room()

    def _take(self, record: Record, event: Event | Lost) -> None:
        self._begin(asyncio.create_task(self._send(record, event)), self._sent)

    async def _send(self, record: Record, event: Event | Lost) -> None:
        self._trace.enter(traceparent_of(record))
        await self._settle(record, event, self._trace)

    def _sent(self) -> None:
        self._in_flight -= 1
        self._poll_if_there_is_room()

    def _poll_if_there_is_room(self) -> None:
        if self._is_polling or self._stopping or self._in_flight >= MAX_POLL_RECORDS:
            return
        self._is_polling = True
        self._consumer.ask_for_poll()


class OrderedRhythm(_Rhythm):
    """One record at a time per partition, in order; polls by a timer of 200 ms.

    A tick polls if some partition's queue is empty. A queue is made by a partition's first
    record; a partition that has none yet does not count as empty.
    """

    def __init__(
        self, consumer: PolledConsumer, reader: RecordReader, delivery: EventDelivery
    ) -> None:
        super().__init__(consumer, reader, delivery)
        self._queues: dict[int, deque[tuple[Record, Event | Lost]]] = {}
        self._is_polling = False
        self._paused: frozenset[int] = frozenset()
        self._ticks: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._ticks = asyncio.create_task(self._tick())

    def polled(self, records: list[Record]) -> None:
        self._is_polling = False
        super().polled(records)

    def revoked(self, partitions: list[int]) -> Mapping[int, int]:
        for partition in partitions:
            self._queues.pop(partition, None)
        self._paused -= frozenset(partitions)
        return super().revoked(partitions)

    async def stop(self, grace_s: float) -> None:
        """Take nothing new; records that wait behind one in flight are left for the next start."""
        if self._ticks is not None:
            self._ticks.cancel()
        for waiting in self._queues.values():
            while len(waiting) > 1:
                waiting.pop()
        await super().stop(grace_s)

    async def _tick(self) -> None:
        while True:
            self._poll_if_due()
            await asyncio.sleep(ORDERED_POLL_EVERY_S)

    def _poll_if_due(self) -> None:
        busy = frozenset(partition for partition, waiting in self._queues.items() if waiting)
        if self._is_polling or (self._queues and len(busy) == len(self._queues)):
            return
        if busy != self._paused:
            self._consumer.pause_only(busy, self._paused)
            self._paused = busy
        self._is_polling = True
        self._consumer.ask_for_poll()

    def _take(self, record: Record, event: Event | Lost) -> None:
        waiting = self._queues.setdefault(record.partition, deque())
        waiting.append((record, event))
        if len(waiting) == 1:
            self._send_first(waiting)

    def _send_first(self, waiting: deque[tuple[Record, Event | Lost]]) -> None:
        record, event = waiting[0]
        trace = TraceContext()
        trace.enter(traceparent_of(record))
        work = asyncio.create_task(self._settle(record, event, trace))
        self._begin(work, lambda: self._sent(record.partition, waiting))

    def _sent(self, partition: int, waiting: deque[tuple[Record, Event | Lost]]) -> None:
        if self._queues.get(partition) is not waiting:
            return  # handed back meanwhile
        waiting.popleft()
        if waiting and not self._stopping:
            self._send_first(waiting)


Rhythm = UnorderedRhythm | OrderedRhythm


def traceparent_of(record: Record) -> bytes | None:
    """Return the record's Kafka header `traceparent`."""
    return dict(record.headers).get("traceparent")
