"""The pump of an unordered KafkaSource: all records of a poll side by side.

UnorderedConsumerVerticle of eventing-kafka-broker 1.23.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from local_dev.eventing.record_pump import RecordPump, traceparent_of
from local_dev.eventing.retry_policy import MAX_POLL_RECORDS
from local_dev.wire.event_request import TraceContext

if TYPE_CHECKING:
    from local_dev.eventing.consumer import PolledConsumer
    from local_dev.eventing.delivery import EventDelivery
    from local_dev.wire.cloud_event import Event
    from local_dev.wire.record_event import Lost, Record, RecordReader


class UnorderedPump(RecordPump):
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
        if self._stopping or self._is_retired:
            return
        if self._is_polling or self._in_flight >= MAX_POLL_RECORDS:
            return
        self._is_polling = True
        self._consumer.request_poll()
