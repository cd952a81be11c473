"""How do records come out of Kafka, and offsets go in? A source's rhythm asks for each poll.

confluent-kafka blocks, even where it looks as if it did not (get_watermark_offsets waits for a
rebalance callback to end), so it lives in a thread of its own and is called there only; all that
comes back arrives in the event loop.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from typing import TYPE_CHECKING, Protocol, cast

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from local_dev.eventing.retry_policy import MAX_POLL_RECORDS
from local_dev.wire.record_event import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from confluent_kafka import Message

    from local_dev.eventing.consumer_settings import ConsumerSettings

POLL_S = 0.2
KAFKA_RESPONDS_S = 10.0
_Headers = tuple[tuple[str, bytes | None], ...]


class Listener(Protocol):
    """What a rhythm does with what the consumer tells it, in the event loop."""

    def polled(self, records: list[Record]) -> None: ...

    def revoked(self, partitions: list[int]) -> Mapping[int, int]:
        """Forget the partitions and return the offsets to commit for them."""
        ...


class PolledConsumer:
    """One Kafka consumer, as a KafkaSource has one in each dispatcher."""

    def __init__(self, settings: ConsumerSettings, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._say = say
        self._loop = asyncio.get_running_loop()
        self._asked: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        callbacks = {"error_cb": self._on_error, "on_commit": self._on_commit}
        self._consumer = Consumer({**settings.for_kafka(), **callbacks})
        self._thread = threading.Thread(target=self._work, name=settings.group, daemon=True)
        self._last_trouble = ""
        self.assigned: frozenset[int] = frozenset()
        self._first_offsets: dict[int, int] = {}
        self._ends: dict[int, tuple[int, int]] = {}

    def start(self, listener: Listener) -> None:
        self._listener = listener
        self._thread.start()

    def request_poll(self) -> None:
        """Poll once; the listener gets the records, also when there are none."""
        self._asked.put(self._poll)

    def pause_only(self, partitions: frozenset[int], before: frozenset[int]) -> None:
        """Let the next polls leave out these partitions; `before` were left out so far."""
        self._asked.put(lambda: self._pause(partitions - before, before - partitions))

    def commit(self, offsets: Mapping[int, int]) -> None:
        """Commit without waiting."""
        positions = self._positions(offsets)
        self._asked.put(lambda: self._consumer.commit(offsets=positions, asynchronous=True))

    def probe_ends(self) -> None:
        """Bring up to date how many records there are: see `lag_behind`."""
        self._asked.put(self._probe_ends)

    async def stop(self, offsets: Mapping[int, int]) -> None:
        """Commit these offsets, leave the group and end the thread, if Kafka still answers."""
        self._asked.put(lambda: self._commit_now(offsets))
        self._asked.put(None)
        await asyncio.to_thread(self._thread.join, KAFKA_RESPONDS_S)
        if self._thread.is_alive():
            self._say("Kafka does not answer: the group was not left")

    def lag_behind(self, settled: Mapping[int, int]) -> int | None:
        """Return how many offsets lie between what is settled and the end; None if unknown."""
        if not self.assigned:
            return None
        lag = 0
        for partition, (low, high) in self._ends.items():
            start = settled.get(partition, self._first_offsets.get(partition, 0))
            lag += max(0, high - max(start, low, 0))
        return lag

    def _work(self) -> None:
        self._consumer.subscribe(
            [self._settings.topic], on_assign=self._on_assign, on_revoke=self._on_revoke
        )
        try:
            while (task := self._asked.get()) is not None:
                self._do(task)
        finally:
            self._consumer.close()

    def _do(self, task: Callable[[], None]) -> None:
        try:
            task()
        except KafkaException as error:
            self._on_error(error.args[0])

    def _poll(self) -> None:
        records: list[Record] = []
        try:
            records = self._polled_records()
        except KafkaException as error:
            self._on_error(error.args[0])
            time.sleep(POLL_S)
        finally:
            self._loop.call_soon_threadsafe(self._listener.polled, records)

    def _polled_records(self) -> list[Record]:
        first = self._consumer.poll(POLL_S)
        if first is None:
            return []
        messages = [first, *self._consumer.consume(MAX_POLL_RECORDS - 1, 0)]
        return [_record(message) for message in messages if self._is_record(message)]

    def _probe_ends(self) -> None:
        partitions = self._partitions(self.assigned)
        known = [self._consumer.get_watermark_offsets(each, cached=True) for each in partitions]
        pairs = zip(partitions, known, strict=True)
        self._ends = {each.partition: ends for each, ends in pairs if ends is not None}

    def _is_record(self, message: Message) -> bool:
        error = message.error()
        if error is not None:
            self._on_error(error)
        return error is None

    def _pause(self, pause: frozenset[int], resume: frozenset[int]) -> None:
        self._consumer.pause(self._partitions(pause & self.assigned))
        self._consumer.resume(self._partitions(resume & self.assigned))

    def _commit_now(self, offsets: Mapping[int, int]) -> None:
        if not offsets:
            return
        try:
            self._consumer.commit(offsets=self._positions(offsets), asynchronous=False)
        except KafkaException as error:
            self._say(f"offsets not committed, so records come again: {error}")

    def _on_assign(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        numbers = [each.partition for each in partitions]
        self._first_offsets = self._committed(partitions)
        self.assigned = frozenset(numbers)

    def _committed(self, partitions: list[TopicPartition]) -> dict[int, int]:
        try:
            committed = self._consumer.committed(partitions, timeout=KAFKA_RESPONDS_S)
        except KafkaException as error:
            self._on_error(error.args[0])
            return {}
        return {each.partition: max(each.offset, 0) for each in committed}

    def _on_revoke(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        numbers = [each.partition for each in partitions]
        self.assigned -= frozenset(numbers)
        forgotten = asyncio.run_coroutine_threadsafe(self._revoked(numbers), self._loop)
        self._commit_now(forgotten.result(KAFKA_RESPONDS_S))

    async def _revoked(self, numbers: list[int]) -> Mapping[int, int]:
        return self._listener.revoked(numbers)

    def _on_commit(self, error: KafkaError | None, _: list[TopicPartition]) -> None:
        if error is not None:
            self._say(f"offsets not committed, so records may come again: {error}")

    def _on_error(self, error: KafkaError) -> None:
        if str(error) != self._last_trouble:
            self._last_trouble = str(error)
            self._say(f"Kafka: {error}")

    def _partitions(self, numbers: frozenset[int]) -> list[TopicPartition]:
        return [TopicPartition(self._settings.topic, number) for number in numbers]

    def _positions(self, offsets: Mapping[int, int]) -> list[TopicPartition]:
        topic = self._settings.topic
        return [TopicPartition(topic, number, offset) for number, offset in offsets.items()]


def _record(message: Message) -> Record:
    _, timestamp_ms = message.timestamp()
    return Record(
        topic=message.topic() or "",
        partition=message.partition() or 0,
        offset=message.offset() or 0,
        timestamp_ms=timestamp_ms,
        key=message.key(),
        value=message.value(),
        headers=cast("_Headers", tuple(message.headers() or ())),
    )
