"""The whole system of one `local-dev/up`: broker and database, then functions and mesh."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING, Any

from local_dev.load.sender import send_forever
from local_dev.manifests.system import read_system
from local_dev.options import FUNCTIONS, reachable_at
from local_dev.paths import ROOT
from local_dev.servers.chart_files import prepare_charts
from local_dev.servers.supervisor import backing_services
from local_dev.system.credentials import Credentials, make_credentials
from local_dev.system.pipeline import Pipeline, PipelineSettings
from local_dev.system.running_system import answering

if TYPE_CHECKING:
    from local_dev.console import Screen
    from local_dev.options import UpOptions


class System:
    """Broker, database and pipeline of one `local-dev/up`."""

    def __init__(self, options: UpOptions, screen: Screen) -> None:
        self._options = options
        self._screen = screen
        self._started = time.monotonic()
        self._credentials = Credentials("", "")
        self._services, self._addresses = backing_services(options, os.environ, screen)
        prepare_charts(screen.say)
        kafka = {"KAFKA_BOOTSTRAP_SERVERS": self._addresses.kafka_bootstrap}
        auth = {"AUTH_FILE": str(options.places.auth)} if options.auth else {}
        self._system = read_system(ROOT, {**os.environ, **kafka, **auth})
        self._pipeline = Pipeline(self._settings(), self._system, screen.function_says)

    @property
    def deaths(self) -> int:
        """How often a broker or database of ours ended by itself."""
        return self._services.deaths

    async def run(self) -> None:
        """Bring everything up, report it, and watch over it; return by an exception only."""
        await self._addresses.refuse_unusable()
        if self._options.auth:
            self._credentials = await make_credentials(self._options.places.auth)
        self._screen.progress("starting broker and database")
        await asyncio.gather(self._services.start(), self._pipeline.refuse_wrong_settings())
        self._screen.progress("starting the functions and what is between them")
        await self._pipeline.start()
        async with answering(self._options.places, self._state(), self._status):
            seconds = time.monotonic() - self._started
            kafka, tokens = self._addresses.kafka_bootstrap, self._credentials
            self._screen.welcome(self._options, kafka, seconds, tokens.device, tokens.admin)
            tasks = [self._services.watch()]
            if self._options.demo_devices:
                address = reachable_at(self._options.host)
                ingest = f"http://{address}:{self._options.ports['ingest']}"
                tasks.append(send_forever(ingest, self._options.demo_devices, tokens.device))
            await asyncio.gather(*tasks)

    async def stop(self) -> None:
        """End the pipeline, then database and broker, as far as they were started."""
        try:
            await self._pipeline.stop()
        finally:
            await self._services.stop()

    def kill(self) -> None:
        """End every process at once."""
        functions: Any = self._pipeline.status()["functions"]
        for function in functions.values():
            for pid in function.get("pids", ()):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
        self._services.kill()

    def _settings(self) -> PipelineSettings:
        options = self._options
        return PipelineSettings(
            mongo_url=self._addresses.mongo_url,
            host=options.host,
            ports={name: options.ports[name] for name in FUNCTIONS},
            keep_warm=options.keep_warm,
            instances=options.instances,
            idle_s=options.idle_s,
            only=options.only,
        )

    def _state(self) -> dict[str, object]:
        return {
            "kafka_bootstrap": self._addresses.kafka_bootstrap,
            "mongo_url": self._addresses.mongo_url,
            "database": self._system.pipeline_env["MONGO_DB"],
            "ports": dict(self._options.ports),
        }

    def _status(self) -> dict[str, object]:
        return {"servers": self._services.status(), **self._pipeline.status()}
