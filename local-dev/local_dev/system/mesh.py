"""The sources, sinks and ticks between the functions of a system, whoever runs the functions."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from local_dev.eventing.kafka_sink import KafkaSinkReceiver
from local_dev.eventing.kafka_source import KafkaSource
from local_dev.eventing.ping_source import PingSource
from local_dev.eventing.sink import UrlSink
from local_dev.manifests.system import NAMESPACE
from local_dev.servers.topics import make_topics

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local_dev.eventing.sink import EventSink
    from local_dev.manifests.eventing import Reference, Source
    from local_dev.manifests.system import System


class Mesh:
    """KafkaSources, KafkaSinks and PingSources of the manifests.

    `functions` are the sinks that are there, by name: what goes to others is not started. The
    mapping is read at `connect`. Make it in a running event loop.
    """

    def __init__(
        self, system: System, functions: Mapping[str, EventSink], say: Callable[[str], None]
    ) -> None:
        self._system = system
        self._functions = functions
        self._say = say
        self._bootstrap = system.pipeline_env["KAFKA_BOOTSTRAP_SERVERS"]
        self._receiver = KafkaSinkReceiver(self._bootstrap, NAMESPACE, system.sinks)
        self._sources: dict[str, KafkaSource] = {}
        self._pings: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Make the topics and listen for dead letters. Raise confluent_kafka.KafkaException."""
        await asyncio.to_thread(make_topics, self._bootstrap, self._system.topics)
        await self._receiver.open()

    async def connect(self) -> None:
        """Start consuming and ticking."""
        for source in self._system.sources:
            if source.sink.name in self._functions:
                self._sources[source.name] = self._kafka_source(source)
                await self._sources[source.name].start()
        for ping in self._system.pings:
            if ping.sink.name in self._functions:
                ticking = PingSource(ping, NAMESPACE, self.sink(ping.sink), self._say)
                self._pings.append(asyncio.create_task(ticking.run()))

    async def close(self) -> None:
        """Wait shortly for what is in flight, commit, leave the groups, and stop listening."""
        for ping in self._pings:
            ping.cancel()
        try:
            await asyncio.gather(*(source.stop() for source in self._sources.values()))
        finally:
            await self._receiver.close()

    def sink(self, reference: Reference) -> EventSink:
        """Return the sink that is that object, known by its name in the cluster."""
        if reference.kind == "Service":
            return self._functions[reference.name]
        address = self._receiver.address_of(reference.name)
        return UrlSink(address, self._receiver.cluster_address_of(reference.name))

    def status(self) -> dict[str, dict[str, object]]:
        """Return the state of each KafkaSource, ready for JSON."""
        return {name: source.status() for name, source in self._sources.items()}

    def _kafka_source(self, source: Source) -> KafkaSource:
        letters = source.rule.dead_letter_sink
        dead_letters = self.sink(letters) if letters is not None else None
        return KafkaSource(source, NAMESPACE, self.sink(source.sink), dead_letters, self._say)
