"""How do the arrows run beside functions that somebody else runs?

For compose, where containers run the functions, and for a cluster that has Knative Serving but no
KafkaSource: there the functions are asked for through the gateway, by the name in the Host header.
Topics, KafkaSources, KafkaSinks and PingSources are those of eventing/ and knative/pipeline.env.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
from typing import TYPE_CHECKING

import uvloop

from local_dev.eventing.kafka_sink import KafkaSinkReceiver
from local_dev.eventing.kafka_source import KafkaSource, SourceSettings
from local_dev.eventing.ping_source import PingSource
from local_dev.eventing.sink import UrlDestination
from local_dev.manifests.system import NAMESPACE, System, read_system
from local_dev.paths import ROOT
from local_dev.servers.topics import make_topics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local_dev.eventing.sink import Destination
    from local_dev.manifests.eventing import Reference, Source

IN_THE_CLUSTER = "http://{name}." + NAMESPACE + ".svc.cluster.local"


class Bridge:
    """The arrows of one system; `functions` is a URL with {name}, or the same one for all."""

    def __init__(self, system: System, bootstrap: str, functions: str) -> None:
        self._system = system
        self._bootstrap = bootstrap
        self._functions = functions
        self._receiver = KafkaSinkReceiver(bootstrap, NAMESPACE, system.sinks)
        self._sources: list[KafkaSource] = []
        self._pings: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Make the topics and start consuming. Raises confluent_kafka.KafkaException."""
        await asyncio.to_thread(make_topics, self._bootstrap, self._system.topics)
        await self._receiver.open()
        for source in self._system.sources:
            await self._connect(source)
        for ping in self._system.pings:
            speaker = PingSource(ping, NAMESPACE, self.destination(ping.sink), _say)
            self._pings.append(asyncio.create_task(speaker.run()))

    async def stop(self) -> None:
        """Wait shortly for what is in flight, commit, and leave the groups."""
        for ping in self._pings:
            ping.cancel()
        await asyncio.gather(*(source.stop() for source in self._sources))
        await self._receiver.close()

    def destination(self, reference: Reference) -> Destination:
        """Return where that object is reached; it is known by its name in the cluster."""
        if reference.kind == "KafkaSink":
            address = self._receiver.address_of(reference.name)
            return UrlDestination(address, self._receiver.cluster_address_of(reference.name))
        name = reference.name
        return UrlDestination(self._functions.format(name=name), IN_THE_CLUSTER.format(name=name))

    async def _connect(self, source: Source) -> None:
        settings = SourceSettings.of(source, NAMESPACE, self._bootstrap)
        letters = source.dead_letter_sink
        dead_letters = self.destination(letters) if letters is not None else None
        consuming = KafkaSource(settings, self.destination(source.sink), dead_letters, _say)
        self._sources.append(consuming)
        await consuming.start()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run until SIGTERM or Ctrl-C."""
    given = _arguments(arguments)
    uvloop.run(_run(read_system(ROOT, os.environ), given.bootstrap, given.functions))


async def _run(system: System, bootstrap: str, functions: str) -> None:
    bridge = Bridge(system, bootstrap, functions)  # here: its sink belongs to the running loop
    asked_to_stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked_to_stop.set)
    await bridge.start()
    _say("ready")
    await asked_to_stop.wait()
    await bridge.stop()


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local_dev.system.bridge",
        description="Delivers events between functions that run elsewhere, as KafkaSource does.",
    )
    parser.add_argument(
        "--bootstrap",
        default=os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092"),
        help="where Kafka is (KAFKA_BOOTSTRAP_SERVERS)",
    )
    parser.add_argument(
        "--functions",
        default="http://{name}:8080",
        help="URL of a function, {name} in it (default http://{name}:8080); or of a gateway, which"
        f" routes by the Host header: {IN_THE_CLUSTER.removeprefix('http://')}",
    )
    return parser.parse_args(arguments)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
