"""In which order does the system come up and go down? `local-dev/up` runs one of these."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING, Any

from local_dev.load.sender import send_forever
from local_dev.options import FUNCTIONS
from local_dev.paths import ROOT
from local_dev.servers.supervisor import backing_services
from local_dev.system.pipeline import Pipeline, PipelineSettings
from local_dev.system.running_system import answering

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_dev.console import Screen
    from local_dev.options import UpOptions


class System:
    """Broker, database and pipeline of one `local-dev/up`."""

    def __init__(self, options: UpOptions, screen: Screen) -> None:
        self._options = options
        self._screen = screen
        self._started = time.monotonic()
        self._services, self._addresses = backing_services(options, os.environ, screen)
        self._overrides = _overrides(os.environ)
        self._pipeline = Pipeline(self._settings(), screen.function_says)

    @property
    def deaths(self) -> int:
        """How often a broker or database of ours ended by itself."""
        return self._services.deaths

    async def run(self) -> None:
        """Bring everything up, say so, and watch over it; it returns by an exception only."""
        self._screen.progress("starting broker and database")
        await self._services.start()
        await self._addresses.refuse_a_silent_broker()
        self._screen.progress("starting the functions and what is between them")
        await self._pipeline.start()
        async with answering(self._options.places, self._state(), self._status):
            seconds = time.monotonic() - self._started
            self._screen.welcome(self._options, self._addresses.kafka_bootstrap, seconds)
            tasks = [self._services.watch()]
            if self._options.demo_devices:
                ingest = f"http://127.0.0.1:{self._options.ports['ingest']}"
                tasks.append(send_forever(ingest, self._options.demo_devices))
            await asyncio.gather(*tasks)

    async def stop(self) -> None:
        """End the pipeline, then database and broker, whatever of it is there."""
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
            root=ROOT,
            kafka_bootstrap=self._addresses.kafka_bootstrap,
            mongo_url=self._addresses.mongo_url,
            ports={name: options.ports[name] for name in FUNCTIONS},
            environment=self._overrides,
            keep_warm=options.keep_warm,
            instances=options.instances,
            idle_s=options.idle_s,
            only=options.only,
        )

    def _state(self) -> dict[str, object]:
        return {
            "kafka_bootstrap": self._addresses.kafka_bootstrap,
            "mongo_url": self._addresses.mongo_url,
            "database": self._overrides.get("MONGO_DB", "iotdb"),
            "ports": dict(self._options.ports),
        }

    def _status(self) -> dict[str, object]:
        return {"servers": self._services.status(), **self._pipeline.status()}


def _overrides(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of `knative/pipeline.env` that the developer's own shell sets."""
    lines = (ROOT / "knative" / "pipeline.env").read_text().splitlines()
    names = [line.partition("=")[0] for line in lines if "=" in line and not line.startswith("#")]
    return {name: environment[name] for name in names if name in environment}
