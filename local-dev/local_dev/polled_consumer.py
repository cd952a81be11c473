"""How do records come out of Kafka, and offsets go in? A source's rhythm asks for each poll.

confluent-kafka blocks, so it lives in a thread of its own; all that comes back arrives in the
event loop. The settings are those of ConfigMap config-kafka-source-data-plane.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from local_dev.delivery_decision import MAX_POLL_RECORDS
from local_dev.record_event import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from confluent_kafka import Message

LONGEST_POLL_INTERVAL_MS = 86_400_000  # librdkafka takes no more, Java would
POLL_S = 0.2
KAFKA_ANSWERS_S = 10.0


class Listener(Protocol):
    """What a rhythm does with what the consumer tells it, in the event loop."""

    def polled(self, records: list[Record]) -> None: ...

    def revoked(self, partitions: list[int]) -> Mapping[int, int]:
        """Forget the partitions and return the offsets to commit for them."""
        ...


@dataclass(frozen=True, slots=True)
class ConsumerSettings:
    bootstrap: str
    group: str
    topic: str
    max_poll_interval_ms: int

    def for_kafka(self) -> dict[str, str | int | bool]:
        return {
            "bootstrap.servers": self.bootstrap,
            "group.id": self.group,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
            "session.timeout.ms": 10_000,
            "heartbeat.interval.ms": 3_000,
            "max.poll.interval.ms": min(self.max_poll_interval_ms, LONGEST_POLL_INTERVAL_MS),
            "partition.assignment.strategy": "roundrobin",  # eager, like the sticky one of Java
            "allow.auto.create.topics": True,
            "fetch.wait.max.ms": 500,
            "fetch.min.bytes": 1,
            "log_level": 3,
        }


class PolledConsumer:
    """One Kafka consumer, as a KafkaSource has one in each dispatcher."""

    def __init__(self, settings: ConsumerSettings, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._say = say
        self._loop = asyncio.get_running_loop()
        self._asked: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._consumer = Consumer({**settings.for_kafka(), "error_cb": self._on_error})
        self._thread = threading.Thread(target=self._work, name=settings.group, daemon=True)
        self._last_trouble = ""
        self.assigned: frozenset[int] = frozenset()
        self._first_offsets: dict[int, int] = {}

    def start(self, listener: Listener) -> None:
        self._listener = listener
        self._thread.start()

    def ask_for_poll(self) -> None:
        """Poll once; the listener gets the records, also when there are none."""
        self._asked.put(self._poll)

    def pause_only(self, partitions: frozenset[int], before: frozenset[int]) -> None:
        """Let the next polls leave out these partitions; `before` were left out so far."""
        self._asked.put(lambda: self._pause(partitions - before, before - partitions))

    def commit(self, offsets: Mapping[int, int]) -> None:
        """Commit without waiting."""
        self._consumer.commit(offsets=self._positions(offsets), asynchronous=True)

    async def stop(self, offsets: Mapping[int, int]) -> None:
        """Commit these offsets, leave the group and end the thread."""
        self._asked.put(lambda: self._commit_now(offsets))
        self._asked.put(None)
        await asyncio.to_thread(self._thread.join)

    def lag_behind(self, settled: Mapping[int, int]) -> int | None:
        """Return how many offsets lie between what is settled and the end; None if unknown."""
        if not self.assigned:
            return None
        lag = 0
        for partition in self.assigned:
            known = self._consumer.get_watermark_offsets(
                TopicPartition(self._settings.topic, partition), cached=True
            )
            start = settled.get(partition, self._first_offsets.get(partition, 0))
            lag += max(0, known[1] - max(start, known[0], 0)) if known else 0
        return lag

    def _work(self) -> None:
        self._consumer.subscribe(
            [self._settings.topic], on_assign=self._on_assign, on_revoke=self._on_revoke
        )
        try:
            while (task := self._asked.get()) is not None:
                task()
        finally:
            self._consumer.close()

    def _poll(self) -> None:
        first = self._consumer.poll(POLL_S)
        messages = [] if first is None else [first]
        if messages:
            messages += self._consumer.consume(MAX_POLL_RECORDS - 1, 0)
        records = [_record(message) for message in messages if self._is_record(message)]
        self._loop.call_soon_threadsafe(self._listener.polled, records)

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
            self._say(f"offsets not committed, so records will come again: {error}")

    def _on_assign(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        numbers = [each.partition for each in partitions]
        if numbers:
            committed = self._consumer.committed(partitions, timeout=KAFKA_ANSWERS_S)
            self._first_offsets = {each.partition: max(each.offset, 0) for each in committed}
        self.assigned = frozenset(numbers)

    def _on_revoke(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        numbers = [each.partition for each in partitions]
        self.assigned -= frozenset(numbers)
        forgotten = asyncio.run_coroutine_threadsafe(self._revoked(numbers), self._loop)
        self._commit_now(forgotten.result(KAFKA_ANSWERS_S))

    async def _revoked(self, numbers: list[int]) -> Mapping[int, int]:
        return self._listener.revoked(numbers)

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
        headers=tuple(message.headers() or ()),
    )
