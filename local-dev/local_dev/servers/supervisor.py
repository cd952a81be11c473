"""The supervisor of broker and database: starts, watches and ends them for `local-dev/up`.

An address in the environment (KAFKA_BOOTSTRAP_SERVERS, MONGO_URL) means that somebody else runs it.
"""

from __future__ import annotations

import asyncio
import signal
import time
from typing import TYPE_CHECKING, Protocol

from local_dev.options import ADDRESS_VARIABLES
from local_dev.paths import KAFKA_JARS, KAFKA_LOCK
from local_dev.servers.addresses import Addresses
from local_dev.servers.child_process import ChildProcess, ServerFailedError
from local_dev.servers.kafka import KafkaBroker
from local_dev.servers.kafka_jars import class_path
from local_dev.servers.mongo import MongoServer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local_dev.console import Screen
    from local_dev.options import UpOptions

WATCH_S = 0.5
RESTARTS = 3  # so many within RESTART_WINDOW_S, and it is given up
RESTART_WINDOW_S = 120.0


class Server(Protocol):
    """What broker and database have in common."""

    @property
    def process(self) -> ChildProcess | None: ...
    def start(self) -> None: ...
    def wait_until_ready(self) -> None: ...
    def stop(self) -> None: ...


def backing_services(
    options: UpOptions, environment: Mapping[str, str], screen: Screen
) -> tuple[BackingServices, Addresses]:
    """Return what is to be started for these options, and the addresses, ours or given.

    Fetches Kafka's jars where they are missing. Raise ServerFailedError.
    """
    servers: dict[str, Server] = {}
    mongo = MongoServer(options.ports["mongo"], options.places.mongo)
    if options.listens_on("mongo", environment):
        servers["MongoDB"] = mongo
    kafka_bootstrap = f"127.0.0.1:{options.ports['kafka']}"
    if options.listens_on("kafka", environment):
        jars = class_path(KAFKA_LOCK, KAFKA_JARS, screen.progress)
        servers["Apache Kafka"] = KafkaBroker(options.ports["kafka"], options.places.kafka, jars)
    addresses = Addresses(
        environment.get("KAFKA_BOOTSTRAP_SERVERS") or kafka_bootstrap,
        environment.get("MONGO_URL") or mongo.url,
        frozenset(name for name in ADDRESS_VARIABLES.values() if environment.get(name)),
    )
    return BackingServices(servers, screen.say), addresses


class BackingServices:
    """The servers of one system that are ours: all, one or none."""

    def __init__(self, servers: Mapping[str, Server], report: Callable[[str], None]) -> None:
        self.deaths = 0
        self._servers = servers
        self._report = report
        self._restarts: list[float] = []

    async def start(self) -> None:
        """Start ours side by side; return when both are ready. Raise ServerFailedError."""
        for server in self._servers.values():
            server.start()
        await asyncio.gather(
            *(asyncio.to_thread(server.wait_until_ready) for server in self._servers.values())
        )

    async def watch(self) -> None:
        """Start again, by name, what ends by itself; never returns.

        Raise ServerFailedError when one does not come back, or not for long.
        """
        while True:
            await asyncio.sleep(WATCH_S)
            for name, server in self._servers.items():
                if server.process and server.process.exit_status is not None:
                    await self._restart(name, server)

    async def stop(self) -> None:
        """End ours in order, both at a time."""
        await asyncio.gather(*(asyncio.to_thread(server.stop) for server in self._servers.values()))

    def kill(self) -> None:
        """End ours at once."""
        for server in self._servers.values():
            if server.process:
                server.process.signal(signal.SIGKILL)

    def status(self) -> dict[str, object]:
        """Return the process of each server of ours, ready for JSON."""
        return {
            name: {"pid": server.process.pid, "running": server.process.exit_status is None}
            for name, server in self._servers.items()
            if server.process
        }

    async def _restart(self, name: str, server: Server) -> None:
        assert server.process is not None, "it was seen to end"
        self.deaths += 1
        now = time.monotonic()
        self._restarts = [then for then in self._restarts if now - then < RESTART_WINDOW_S]
        how = _ending(server.process.exit_status)
        if len(self._restarts) >= RESTARTS:
            raise ServerFailedError(
                f"{name} ended ({how}) again and again; its log: {server.process.log}"
            )
        self._restarts.append(now)
        self._report(f"{name} ended ({how}); it is started again. Its log: {server.process.log}")
        server.start()
        await asyncio.to_thread(server.wait_until_ready)
        self._report(f"{name} answers again")


def _ending(status: int | None) -> str:
    if status is not None and status < 0:
        return f"by signal {signal.Signals(-status).name}"
    return f"with status {status}"
