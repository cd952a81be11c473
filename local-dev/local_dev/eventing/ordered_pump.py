"""The pump of an ordered KafkaSource: one record at a time per partition.

OrderedConsumerVerticle of eventing-kafka-broker 1.23.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from local_dev.eventing.record_pump import RecordPump, traceparent_of
from local_dev.wire.event_request import TraceContext

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_dev.eventing.consumer import PolledConsumer
    from local_dev.eventing.delivery import EventDelivery
    from local_dev.wire.cloud_event import Event
    from local_dev.wire.record_event import Lost, Record, RecordReader

POLL_EVERY_S = 0.2  # POLLING_MS


class OrderedPump(RecordPump):
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
        while not self._is_retired:
            self._poll_if_due()
            await asyncio.sleep(POLL_EVERY_S)

    def _poll_if_due(self) -> None:
        busy = frozenset(partition for partition, waiting in self._queues.items() if waiting)
        if self._is_polling or (self._queues and len(busy) == len(self._queues)):
            return
        if busy != self._paused:
            self._consumer.pause_only(busy, self._paused)
            self._paused = busy
        self._is_polling = True
        self._consumer.request_poll()

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
