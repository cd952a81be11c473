"""A Kafka consumer in a thread of its own, which a pump requests polls from.

confluent-kafka blocks, even where it looks as if it did not, so it is called in that thread only;
all that comes back arrives in the event loop.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from local_dev.eventing.assignment import Assignment
from local_dev.eventing.retry_policy import MAX_POLL_RECORDS
from local_dev.wire.record_event import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from confluent_kafka import Message

    from local_dev.eventing.consumer_settings import ConsumerSettings
    from local_dev.eventing.topic_probe import TopicProbe, TopicShape

POLL_S = 0.2
KAFKA_RESPONDS_S = 10.0


class Listener(Protocol):
    """What a pump does with what the consumer reports, in the event loop."""

    def polled(self, records: list[Record]) -> None: ...

    def revoked(self, partitions: list[int]) -> Mapping[int, int]:
        """Forget the partitions and return the offsets to commit for them."""


class PolledConsumer:
    """One Kafka consumer, as a KafkaSource has one in each dispatcher.

    It consumes one topic and commits nothing for its successors of the same name.
    """

    def __init__(
        self,
        settings: ConsumerSettings,
        probe: TopicProbe,
        say: Callable[[str], None],
        *,
        from_start: bool,
    ) -> None:
        """Begin at what the group has committed; `from_start` begins at each partition's start."""
        self._settings = settings
        self._probe = probe
        self._say = say
        self._from_start = from_start
        self._loop = asyncio.get_running_loop()
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._consumer = Consumer({**settings.for_kafka(), "error_cb": self._on_error})
        self._thread = threading.Thread(target=self._work, name=settings.group, daemon=True)
        self._last_trouble = ""
        self._is_abandoned = False
        self.assignment = Assignment()

    def start(self, listener: Listener) -> None:
        self._listener = listener
        self._thread.start()

    def request_poll(self) -> None:
        """Poll once; the listener gets the records, also when there are none."""
        self._tasks.put(self._poll)

    def pause_only(self, partitions: frozenset[int], before: frozenset[int]) -> None:
        """Let the next polls leave out these partitions; `before` were left out so far."""
        self._tasks.put(lambda: self._pause(partitions - before, before - partitions))

    def commit(self, offsets: Mapping[int, int]) -> None:
        """Commit without waiting."""
        self._tasks.put(lambda: self._commit_now(offsets))

    def learn_shape(self, shape: TopicShape | None) -> None:
        """Take this for the topic that is consumed, where the assignment could not tell."""
        self._tasks.put(lambda: self._learn(shape))

    async def stop(self, offsets: Mapping[int, int]) -> None:
        """Commit these offsets, leave the group and end the thread, if Kafka still responds."""
        self.commit(offsets)
        self._tasks.put(None)
        await asyncio.to_thread(self._thread.join, KAFKA_RESPONDS_S)
        if self._thread.is_alive():
            self._say("Kafka does not respond: the group was not left")

    async def abandon(self) -> None:
        """Leave the group without a commit, and without a word to the listener."""
        self._is_abandoned = True
        await self.stop({})

    def _work(self) -> None:
        self._consumer.subscribe(
            [self._settings.topic], on_assign=self._on_assign, on_revoke=self._on_revoke
        )
        try:
            while (task := self._tasks.get()) is not None:
                try:
                    task()
                except KafkaException as error:
                    self._on_error(error.args[0])
        finally:
            self._consumer.close()

    def _poll(self) -> None:
        records: list[Record] = []
        try:
            records = self._polled_records()
        except KafkaException:
            time.sleep(POLL_S)
            raise
        finally:
            self._loop.call_soon_threadsafe(self._listener.polled, records)

    def _polled_records(self) -> list[Record]:
        first = self._consumer.poll(POLL_S)
        if first is None:
            return []
        messages = [first, *self._consumer.consume(MAX_POLL_RECORDS - 1, 0)]
        return [Record.of(message) for message in messages if self._is_record(message)]

    def _is_record(self, message: Message) -> bool:
        error = message.error()
        if error is not None:
            self._on_error(error)
        return error is None

    def _pause(self, pause: frozenset[int], resume: frozenset[int]) -> None:
        assigned = self.assignment.partitions
        self._consumer.pause(self._partitions(pause & assigned))
        self._consumer.resume(self._partitions(resume & assigned))

    def _commit_now(self, offsets: Mapping[int, int]) -> None:
        if not offsets:
            return
        try:
            if self.assignment.is_of_another(self._probe.shape()):
                self._say("nothing is committed: the topic that was consumed is gone")
                return
            self._consumer.commit(offsets=self._positions(offsets), asynchronous=False)
        except KafkaException as error:
            self._say(f"offsets not committed, so records come again: {error}")

    def _on_assign(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        shape, first_offsets = self.assignment.shape, {}
        try:
            present = self._probe.shape()
            if not self.assignment.is_of_another(present):
                shape = present
            first_offsets = self._first_offsets(partitions)
        except KafkaException as error:
            self._on_error(error.args[0])
        numbers = frozenset(each.partition for each in partitions)
        if self._from_start:
            self._from_start = False
            self._consumer.assign(self._positions(dict.fromkeys(numbers, OFFSET_BEGINNING)))
        self.assignment = Assignment(numbers, first_offsets, shape)

    def _learn(self, shape: TopicShape | None) -> None:
        if self.assignment.shape is None and self.assignment.partitions:
            self.assignment = replace(self.assignment, shape=shape)

    def _first_offsets(self, partitions: list[TopicPartition]) -> dict[int, int]:
        if self._from_start:
            return {}
        committed = self._consumer.committed(partitions, timeout=KAFKA_RESPONDS_S)
        return {each.partition: each.offset for each in committed if each.offset >= 0}

    def _on_revoke(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        numbers = [each.partition for each in partitions]
        self.assignment = self.assignment.without(numbers)
        if self._is_abandoned:
            return
        forgotten = asyncio.run_coroutine_threadsafe(self._revoked(numbers), self._loop)
        self._commit_now(forgotten.result(KAFKA_RESPONDS_S))

    async def _revoked(self, numbers: list[int]) -> Mapping[int, int]:
        return self._listener.revoked(numbers)

    def _on_error(self, error: KafkaError) -> None:
        if str(error) != self._last_trouble:
            self._last_trouble = str(error)
            self._say(f"Kafka: {error}")

    def _partitions(self, numbers: frozenset[int]) -> list[TopicPartition]:
        return [TopicPartition(self._settings.topic, number) for number in numbers]

    def _positions(self, offsets: Mapping[int, int]) -> list[TopicPartition]:
        return [TopicPartition(self._settings.topic, *position) for position in offsets.items()]
