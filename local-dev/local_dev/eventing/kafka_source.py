"""What is one KafkaSource on this machine? The pipeline and the bridge's own command start it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from local_dev.eventing.consumer import PolledConsumer
from local_dev.eventing.consumer_settings import ConsumerSettings
from local_dev.eventing.delivery import DeliveryCounts, EventDelivery
from local_dev.eventing.initial_offset import commit_newest_offsets
from local_dev.eventing.ordered_pump import OrderedRhythm
from local_dev.eventing.retry_policy import max_poll_interval_ms
from local_dev.eventing.unordered_pump import UnorderedRhythm
from local_dev.manifests.delivery_rule import DeliveryRule
from local_dev.wire.record_event import RecordReader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local_dev.eventing.record_pump import Rhythm
    from local_dev.eventing.sink import Destination
    from local_dev.manifests.eventing import Source
    from local_dev.manifests.key_type import KeyType

COMMIT_EVERY_S = 5.0  # auto.commit.interval.ms of config-kafka-source-data-plane
LOOK_EVERY_S = 0.5
HAND_BACK_S = 5.0


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """A KafkaSource, read from its manifest or from the bridge's command line."""

    namespace: str
    name: str
    bootstrap: str
    topic: str
    group: str
    ordering: Literal["ordered", "unordered"]
    initial_offset: Literal["earliest", "latest"]
    rule: DeliveryRule
    key_type: KeyType
    overrides: Mapping[str, str]

    @classmethod
    def of(cls, source: Source, namespace: str, bootstrap: str) -> SourceSettings:
        """Return what a manifest says, for this namespace and broker."""
        return cls(
            namespace=namespace,
            name=source.name,
            bootstrap=bootstrap,
            topic=source.topic,
            group=source.group,
            ordering=source.ordering,
            initial_offset=source.initial_offset,
            rule=source.rule,
            key_type=source.key_type,
            overrides=source.overrides,
        )


class KafkaSource:
    """Records of one topic become POSTs to one sink."""

    def __init__(
        self,
        settings: SourceSettings,
        sink: Destination,
        dead_letters: Destination | None,
        say: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._counts = DeliveryCounts()
        self._say = lambda text: say(f"{settings.name}: {text}")
        self._delivery = EventDelivery(
            settings.namespace, settings.rule, sink, dead_letters, self._say, self._counts
        )
        self._consumer: PolledConsumer | None = None
        self._rhythm: Rhythm | None = None
        self._commits: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Join the consumer group and deliver."""
        wanted = self._settings
        if wanted.initial_offset == "latest":
            await asyncio.to_thread(
                commit_newest_offsets, wanted.bootstrap, wanted.group, wanted.topic
            )
        reader = RecordReader(wanted.namespace, wanted.name, wanted.key_type, wanted.overrides)
        limit_ms = max_poll_interval_ms(wanted.rule)
        settings = ConsumerSettings(wanted.bootstrap, wanted.group, wanted.topic, limit_ms)
        self._consumer = PolledConsumer(settings, self._say)
        kind = OrderedRhythm if wanted.ordering == "ordered" else UnorderedRhythm
        self._rhythm = kind(self._consumer, reader, self._delivery)
        self._consumer.start(self._rhythm)
        self._rhythm.start()
        self._commits = asyncio.create_task(self._commit_regularly())

    async def stop(self) -> None:
        """Wait shortly for what is in flight, commit, and leave the group.

        A cluster's dispatcher does less: there SIGTERM is a crash, and up to five seconds of
        events come again.
        """
        if self._consumer is None or self._rhythm is None or self._commits is None:
            return
        self._commits.cancel()
        await self._rhythm.stop(HAND_BACK_S)
        await self._consumer.stop(self._rhythm.settled_offsets())

    def status(self) -> dict[str, object]:
        """Return what `local-dev/status` shows; `lag` is None as long as it is not known."""
        lag = None
        if self._consumer is not None and self._rhythm is not None:
            lag = self._consumer.lag_behind(self._rhythm.settled_offsets())
        counts = self._counts
        return {
            "topic": self._settings.topic,
            "group": self._settings.group,
            "lag": lag,
            "delivered": counts.delivered,
            "retried": counts.retried,
            "dead_lettered": counts.dead_lettered,
            "dropped": counts.dropped,
            "in_flight": counts.in_flight,
            "attempts": counts.attempts,
        }

    async def _commit_regularly(self) -> None:
        assert self._consumer is not None
        assert self._rhythm is not None
        while True:
            for _ in range(round(COMMIT_EVERY_S / LOOK_EVERY_S)):
                await asyncio.sleep(LOOK_EVERY_S)
                self._consumer.look_at_ends()
            offsets = self._rhythm.take_commits()
            if offsets:
                self._consumer.commit(offsets)
