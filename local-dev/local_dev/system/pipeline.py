"""The functions of a system as processes on this machine, with the mesh between them."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from local_dev.manifests.system import NAMESPACE
from local_dev.options import EVERY_ADDRESS, LOOPBACK, USUAL_PORTS, reachable_at
from local_dev.paths import CHARTS, ROOT
from local_dev.serving.autoscaler import Autoscaler
from local_dev.serving.gateway import Gateway
from local_dev.serving.instance import Launch
from local_dev.serving.settings_check import refuse_wrong_settings
from local_dev.system.function_sink import FunctionSink
from local_dev.system.mesh import Mesh

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local_dev.manifests.service import Service
    from local_dev.manifests.system import System

DIRECT = "ingest"  # listens on its public port itself: nothing in the way of readings per second
RULES_FILE = "ALERT_RULES_FILE"  # the shell's wins, to try one before it is deployed
ALWAYS_ON = frozenset({DIRECT, "dashboard"})  # people and devices should not wait for a start


@dataclass(frozen=True, slots=True)
class PipelineSettings:
    """What `local-dev/up` decides; all else comes from the manifests.

    `ports` are the functions' own, which public ones open at `host`, the others on loopback;
    `instances` is how many of each event function stay;
    `idle_s` is the time without a request after which any other goes; `only` names the functions
    to run.
    """

    mongo_url: str
    host: str
    ports: Mapping[str, int]
    keep_warm: bool
    instances: int
    idle_s: float
    only: frozenset[str] | None


class Pipeline:
    """Functions, KafkaSources, KafkaSinks and PingSources of the manifests, running here."""

    def __init__(
        self, settings: PipelineSettings, system: System, on_line: Callable[[str, str], None]
    ) -> None:
        """Send lines to `on_line(function, line)`, those of the mesh as of `eventing`."""
        self._settings = settings
        self._system = system
        self._on_line = on_line
        self._hosts: dict[str, Autoscaler] = {}
        self._gateways: list[Gateway] = []
        self._mesh: Mesh | None = None

    async def refuse_wrong_settings(self) -> None:
        """Return if every function's settings are right. Raise FunctionFailedError otherwise."""
        await refuse_wrong_settings(map(self._launch, self._services()))

    async def start(self) -> None:
        """Make the topics, bring up the functions that are always on, and start consuming.

        Raise KafkaException, OSError for a port that is taken, FunctionFailedError. Call stop
        after an error too.
        """
        for service in self._services():
            await self._open(service)
        functions = {name: FunctionSink(host, NAMESPACE) for name, host in self._hosts.items()}
        self._mesh = Mesh(self._system, functions, lambda text: self._on_line("eventing", text))
        await self._mesh.open()
        await asyncio.gather(*(host.wait_until_ready() for host in self._hosts.values()))
        await self._mesh.connect()

    async def stop(self) -> None:
        """Hand the partitions back, end the functions, leave nothing behind."""
        try:
            if self._mesh is not None:
                await self._mesh.close()
        finally:
            await asyncio.gather(*(gateway.close() for gateway in self._gateways))
            await asyncio.gather(*(host.stop() for host in self._hosts.values()))

    def status(self) -> dict[str, object]:
        """Return `{"sources": {name: {...}}, "functions": {name: {...}}}`, ready for JSON."""
        ports = self._settings.ports
        return {
            "sources": self._mesh.status() if self._mesh is not None else {},
            "functions": {n: h.status() | {"port": ports[n]} for n, h in self._hosts.items()},
        }

    def _services(self) -> list[Service]:
        only = self._settings.only
        return [each for each in self._system.services if only is None or each.name in only]

    def _launch(self, service: Service) -> Launch:
        """Return how the function is started; the gateway of all but one is what others reach."""
        is_direct = service.name == DIRECT and service.is_public
        address = self._settings.host if is_direct else LOOPBACK
        environment = self._environment(service)
        return Launch(service.name, ROOT, environment, service.ready_path, address)

    async def _open(self, service: Service) -> None:
        name, port = service.name, self._settings.ports[service.name]
        address = self._settings.host if service.is_public else LOOPBACK
        host = Autoscaler(
            service,
            self._launch(service),
            floor=self._floor(service),
            idle_s=self._settings.idle_s,
            first_port=port if name == DIRECT else None,
            on_line=lambda line: self._on_line(name, line),
        )
        self._hosts[name] = host
        if name != DIRECT:
            gateway = Gateway(host, port, address)
            self._gateways.append(gateway)
            await gateway.open()
        host.start()

    def _floor(self, service: Service) -> int:
        if service.name in ALWAYS_ON:
            return 1
        warm = 1 if self._settings.keep_warm or service.min_scale > 0 else 0
        return max(warm, min(self._settings.instances, service.max_scale))

    def _environment(self, service: Service) -> dict[str, str]:
        stated = service.environment(self._system.pipeline_env, self._system.config_files)
        own_rules = os.environ.get(RULES_FILE)
        rules = {RULES_FILE: str(Path(own_rules).absolute())} if own_rules else {}
        return {
            **os.environ,
            **stated,
            **rules,
            "MONGO_URL": self._settings.mongo_url,
            "INGEST_URL": os.environ.get("INGEST_URL") or self._ingest_url(),
            "CHARTS_FOLDER": os.environ.get("CHARTS_FOLDER") or str(CHARTS),
            "K_SERVICE": service.name,
            "K_CONFIGURATION": service.name,
            "K_REVISION": f"{service.name}-local",
            "PYTHONUNBUFFERED": "1",
        }

    def _ingest_url(self) -> str:
        """Return where the dashboard's page says to send to; empty: by the page's own address."""
        host, port = self._settings.host, self._settings.ports[DIRECT]
        if host == EVERY_ADDRESS and port == USUAL_PORTS[DIRECT]:
            return ""
        name = reachable_at(host)
        return f"http://{'localhost' if name == LOOPBACK else name}:{port}"
