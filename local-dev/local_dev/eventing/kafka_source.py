"""A KafkaSource, which turns the records of one topic into POSTs to one sink."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING

from local_dev.eventing.consumer import PolledConsumer
from local_dev.eventing.consumer_settings import ConsumerSettings
from local_dev.eventing.delivery import DeliveryCounts, EventDelivery
from local_dev.eventing.initial_offset import commit_newest_offsets
from local_dev.eventing.ordered_pump import OrderedPump
from local_dev.eventing.retry_policy import max_poll_interval_ms
from local_dev.eventing.unordered_pump import UnorderedPump
from local_dev.wire.record_event import RecordReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_dev.eventing.sink import EventSink
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
        def say_as_source(text: str) -> None:
            say(f"{source.name}: {text}")

        self._source = source
        self._counts = DeliveryCounts()
        delivery = EventDelivery(
            namespace, source.rule, sink, dead_letters, say_as_source, self._counts
        )
        reader = RecordReader(namespace, source.name, source.key_type, source.overrides)
        limit_ms = max_poll_interval_ms(source.rule)
        settings = ConsumerSettings(source.bootstrap, source.group, source.topic, limit_ms)
        self._consumer = PolledConsumer(settings, say_as_source)
        pump = OrderedPump if source.ordering == "ordered" else UnorderedPump
        self._pump = pump(self._consumer, reader, delivery)
        self._commits: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Join the consumer group and deliver."""
        source = self._source
        if source.initial_offset == "latest":
            await asyncio.to_thread(
                commit_newest_offsets, source.bootstrap, source.group, source.topic
            )
        self._consumer.start(self._pump)
        self._pump.start()
        self._commits = asyncio.create_task(self._commit_regularly())

    async def stop(self) -> None:
        """Wait shortly for what is in flight, commit, and leave the group.

        A cluster's dispatcher does less: there SIGTERM is a crash, and up to five seconds of
        events come again.
        """
        if self._commits is None:
            return
        self._commits.cancel()
        await self._pump.stop(HAND_BACK_S)
        await self._consumer.stop(self._pump.settled_offsets())

    def status(self) -> dict[str, object]:
        """Return what `local-dev/status` shows; `lag` is None as long as it is not known."""
        return {
            "topic": self._source.topic,
            "group": self._source.group,
            "lag": self._consumer.lag_behind(self._pump.settled_offsets()),
            **asdict(self._counts),
        }

    async def _commit_regularly(self) -> None:
        while True:
            for _ in range(round(COMMIT_EVERY_S / PROBE_EVERY_S)):
                await asyncio.sleep(PROBE_EVERY_S)
                self._consumer.probe_ends()
            offsets = self._pump.take_commits()
            if offsets:
                self._consumer.commit(offsets)
