"""How do the functions and the arrows between them run on this machine? `local-dev/up` calls it."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from local_dev.eventing.kafka_sink import KafkaSinkReceiver
from local_dev.eventing.kafka_source import KafkaSource, SourceSettings
from local_dev.eventing.ping_source import PingSource
from local_dev.eventing.sink import Destination, UrlDestination
from local_dev.manifests.system import NAMESPACE, System, read_system
from local_dev.servers.topics import make_topics
from local_dev.serving.autoscaler import FunctionHost
from local_dev.serving.gateway import FrontDoor
from local_dev.serving.instance import Launch
from local_dev.system.function_sink import FunctionDestination

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from local_dev.manifests.eventing import Reference, Source
    from local_dev.manifests.service import Service

DIRECT = "ingest"  # listens on its public port itself: nothing in the way of readings per second
ALWAYS_ON = frozenset({DIRECT, "dashboard"})  # people and devices should not wait for a start


@dataclass(frozen=True, slots=True)
class PipelineSettings:
    """What `local-dev/up` decides; all else comes from the manifests under `root`.

    `ports` are the functions' public ones; `environment` wins over pipeline.env; `instances` is how
    many of each event function stay; `idle_s` is the time without a request after which any other
    goes; `only` names the functions to run.
    """

    root: Path
    kafka_bootstrap: str
    mongo_url: str
    ports: Mapping[str, int]
    environment: Mapping[str, str]
    keep_warm: bool
    instances: int
    idle_s: float
    only: frozenset[str] | None


class Pipeline:
    """Functions, KafkaSources, KafkaSinks and PingSources of the manifests, running here."""

    def __init__(self, settings: PipelineSettings, on_line: Callable[[str, str], None]) -> None:
        """Lines go to `on_line(function, line)`, the arrows' own to `on_line("eventing", line)`.

        Raises ManifestError.
        """
        self._settings = settings
        self._on_line = on_line
        self._system = _with_values(read_system(settings.root, settings.environment), settings)
        self._hosts: dict[str, FunctionHost] = {}
        self._doors: list[FrontDoor] = []
        self._sources: dict[str, KafkaSource] = {}
        self._pings: list[asyncio.Task[None]] = []
        self._receiver: KafkaSinkReceiver | None = None

    async def start(self) -> None:
        """Make the topics, bring up the functions that are always on, and start consuming.

        Raises KafkaException, OSError for a port that is taken, FunctionFailedError. Call stop
        after an error too.
        """
        bootstrap = self._settings.kafka_bootstrap
        for service in self._system.services:
            if self._is_wanted(service.name):
                await self._open(service)
        await asyncio.to_thread(make_topics, bootstrap, self._system.topics)
        self._receiver = KafkaSinkReceiver(bootstrap, NAMESPACE, self._system.sinks)
        await self._receiver.open()
        await asyncio.gather(*(host.wait_until_ready() for host in self._hosts.values()))
        for source in self._system.sources:
            if source.sink.name in self._hosts:
                await self._connect(source)
        for ping in self._system.pings:
            if ping.sink.name in self._hosts:
                speaker = PingSource(ping, NAMESPACE, self._destination(ping.sink), self._say)
                self._pings.append(asyncio.create_task(speaker.run()))

    async def stop(self) -> None:
        """Hand the partitions back, end the functions, leave nothing behind."""
        for ping in self._pings:
            ping.cancel()
        try:
            await asyncio.gather(*(source.stop() for source in self._sources.values()))
        finally:
            await asyncio.gather(*(door.close() for door in self._doors))
            await asyncio.gather(*(host.stop() for host in self._hosts.values()))
            if self._receiver is not None:
                await self._receiver.close()

    def status(self) -> dict[str, object]:
        """Return `{"sources": {name: {...}}, "functions": {name: {...}}}`, ready for JSON."""
        ports = self._settings.ports
        return {
            "sources": {name: source.status() for name, source in self._sources.items()},
            "functions": {n: h.status() | {"port": ports[n]} for n, h in self._hosts.items()},
        }

    def _is_wanted(self, function: str) -> bool:
        return self._settings.only is None or function in self._settings.only

    async def _open(self, service: Service) -> None:
        name, port = service.name, self._settings.ports[service.name]
        host = FunctionHost(
            service,
            Launch(name, self._settings.root, _environment(service), service.ready_path),
            floor=self._floor(service),
            idle_s=self._settings.idle_s,
            first_port=port if name == DIRECT else None,
            on_line=lambda line: self._on_line(name, line),
        )
        self._hosts[name] = host
        if name != DIRECT:
            door = FrontDoor(host, port)
            self._doors.append(door)
            await door.open()
        host.start()

    def _floor(self, service: Service) -> int:
        if service.name in ALWAYS_ON:
            return 1
        warm = 1 if self._settings.keep_warm or service.min_scale > 0 else 0
        return max(warm, min(self._settings.instances, service.max_scale))

    async def _connect(self, source: Source) -> None:
        settings = SourceSettings.of(source, NAMESPACE, self._settings.kafka_bootstrap)
        letters = source.dead_letter_sink
        dead_letters = self._destination(letters) if letters is not None else None
        sink = self._destination(source.sink)
        self._sources[source.name] = KafkaSource(settings, sink, dead_letters, self._say)
        await self._sources[source.name].start()

    def _destination(self, reference: Reference) -> Destination:
        if reference.kind == "Service":
            return FunctionDestination(self._hosts[reference.name], NAMESPACE)
        assert self._receiver is not None
        address = self._receiver.address_of(reference.name)
        return UrlDestination(address, self._receiver.cluster_address_of(reference.name))

    def _say(self, text: str) -> None:
        self._on_line("eventing", text)


def _with_values(system: System, settings: PipelineSettings) -> System:
    """Return the system whose functions have the values of this machine in their environment."""
    here = {
        **settings.environment,
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap,
        "MONGO_URL": settings.mongo_url,
    }
    services = tuple(
        replace(each, environment={**each.environment, **here}) for each in system.services
    )
    return replace(system, services=services)


def _environment(service: Service) -> dict[str, str]:
    knative = {
        "K_SERVICE": service.name,
        "K_CONFIGURATION": service.name,
        "K_REVISION": f"{service.name}-local",
        "PYTHONUNBUFFERED": "1",
    }
    return {**os.environ, **service.environment, **knative}
