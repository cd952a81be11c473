"""A KafkaSource, which turns the records of one topic into POSTs to one sink."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING

from confluent_kafka import KafkaException

from local_dev.eventing.consumer import PolledConsumer
from local_dev.eventing.consumer_settings import ConsumerSettings
from local_dev.eventing.delivery import DeliveryCounts, EventDelivery
from local_dev.eventing.initial_offset import commit_newest_offsets
from local_dev.eventing.ordered_pump import OrderedPump
from local_dev.eventing.retry_policy import max_poll_interval_ms
from local_dev.eventing.topic_probe import TopicProbe
from local_dev.eventing.unordered_pump import UnorderedPump
from local_dev.wire.record_event import RecordReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_dev.eventing.record_pump import RecordPump
    from local_dev.eventing.sink import EventSink
    from local_dev.eventing.topic_probe import TopicState
    from local_dev.manifests.eventing import Source

COMMIT_EVERY_S = 5.0  # auto.commit.interval.ms of config-kafka-source-data-plane
PROBE_EVERY_S = 0.5
HAND_BACK_S = 5.0


class KafkaSource:
    """Consumes as one member of the source's group. Make it in a running event loop."""

    def __init__(
        self,
        source: Source,
        namespace: str,
        sink: EventSink,
        dead_letters: EventSink | None,
        say: Callable[[str], None],
    ) -> None:
        self._source = source
        self._say: Callable[[str], None] = lambda text: say(f"{source.name}: {text}")
        self._counts = DeliveryCounts()
        self._delivery = EventDelivery(
            namespace, source.rule, sink, dead_letters, self._say, self._counts
        )
        self._reader = RecordReader(namespace, source.name, source.key_type, source.overrides)
        self._probe = TopicProbe(source.bootstrap, source.topic)
        self._state: TopicState | None = None
        self._consumer: PolledConsumer | None = None
        self._pumps: list[RecordPump] = []  # the last is that of the consumer
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Join the consumer group and deliver."""
        source = self._source
        if source.initial_offset == "latest":
            await asyncio.to_thread(
                commit_newest_offsets, source.bootstrap, source.group, source.topic
            )
        self._consume(from_start=False)
        self._tasks = [
            asyncio.create_task(self._commit_regularly()),
            asyncio.create_task(self._probe_regularly()),
        ]

    async def stop(self) -> None:
        """Wait shortly for what is in flight, commit, and leave the group.

        A cluster's dispatcher does less: there SIGTERM is a crash, and up to five seconds of
        events come again.
        """
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*(pump.stop(HAND_BACK_S) for pump in self._pumps))
        if self._consumer is not None:
            await self._consumer.stop(self._pumps[-1].settled_offsets())

    def status(self) -> dict[str, object]:
        """Return what `local-dev/status` shows; `lag` is None as long as it is not known."""
        lag = None
        if self._consumer is not None and self._state is not None:
            settled = self._pumps[-1].settled_offsets()
            lag = self._consumer.assignment.lag_behind(self._state, settled)
        topic, group = self._source.topic, self._source.group
        return {"topic": topic, "group": group, "lag": lag, **asdict(self._counts)}

    def _consume(self, *, from_start: bool) -> None:
        source = self._source
        limit_ms = max_poll_interval_ms(source.rule)
        settings = ConsumerSettings(source.bootstrap, source.group, source.topic, limit_ms)
        consumer = PolledConsumer(settings, self._probe, self._say, from_start=from_start)
        kind = OrderedPump if source.ordering == "ordered" else UnorderedPump
        pump: RecordPump = kind(consumer, self._reader, self._delivery)
        consumer.start(pump)
        pump.start()
        self._consumer = consumer
        self._pumps.append(pump)

    async def _commit_regularly(self) -> None:
        while True:
            await asyncio.sleep(COMMIT_EVERY_S)
            offsets = self._pumps[-1].take_commits()
            if offsets and self._consumer is not None:
                self._consumer.commit(offsets)

    async def _probe_regularly(self) -> None:
        while True:
            try:
                self._state = await asyncio.to_thread(self._probe.state)
            except KafkaException:
                self._state = None  # the consumer reports what is wrong with Kafka
            else:
                await self._follow_topic()
            await asyncio.sleep(PROBE_EVERY_S)

    async def _follow_topic(self) -> None:
        """Consume the topic that is there now, from its start where it took another's place."""
        shape = self._state.shape if self._state else None
        if self._consumer is not None and self._consumer.assignment.is_of_another(shape):
            self._say(f"the topic {self._source.topic} was deleted; its offsets are forgotten")
            self._pumps[-1].retire()
            abandoned, self._consumer = self._consumer, None
            await abandoned.abandon()
        if self._consumer is None and shape is not None:
            self._say(f"the topic {self._source.topic} is another one: read from its start")
            self._consume(from_start=True)
        if self._consumer is not None and self._consumer.assignment.shape is None:
            self._consumer.learn_shape(shape)
