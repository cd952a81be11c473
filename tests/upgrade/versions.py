"""The functions of version 0.1.0 beside those of this checkout, as processes on one system."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from local_dev.servers.child_process import ChildProcess
from tests.support.function_process import FunctionProcess, deployed, running
from tests.support.plain_http import NO_TLS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# The modules of functions/ and shared/ as they were released; Python imports them from the archive.
OLD = Path(__file__).with_name("version_0_1_0.zip")
FED = ("aggregate", "alert")  # the functions that a KafkaSource feeds
_STOP_S = 10.0


@dataclass(slots=True)
class Version:
    """What runs of one version: its functions, and the sources that post to them."""

    functions: dict[str, FunctionProcess] = field(default_factory=dict)
    sources: list[ChildProcess] = field(default_factory=list)

    def kill(self, *names: str) -> None:
        """End these functions, and every source, as a crash does."""
        for source in self.sources:
            source.signal(signal.SIGKILL)
        for name in names:
            self.functions[name].process.kill()


@contextmanager
def version(
    folder: Path, root: Path, environment: Mapping[str, str], *, is_old: bool
) -> Iterator[Version]:
    """Start ingest, aggregate and alert of a version, and the two sources, in their groups."""
    started = Version()
    folder.mkdir()
    with ExitStack() as stack:
        for name in ("ingest", *FED):
            made = (
                old_function(name, folder, environment)
                if is_old
                else _new(name, folder, root, environment)
            )
            started.functions[name] = stack.enter_context(made)
        for name in FED:
            source = _source(name, started.functions[name], folder, root, environment)
            stack.callback(source.stop, _STOP_S)
            started.sources.append(source)
        yield started


def old_function(name: str, folder: Path, environment: Mapping[str, str]) -> Any:
    """Run a function of version 0.1.0, imported from the archive."""
    command = [sys.executable, "-m", "functions"]
    only = {**environment, "FUNCTION": name, "PYTHONPATH": str(OLD)}
    return running(command, folder, only, folder / f"{name}.log")


def _new(name: str, folder: Path, root: Path, environment: Mapping[str, str]) -> Any:
    return running(deployed(name), root, environment, folder / f"{name}.log")


def _source(
    name: str,
    function: FunctionProcess,
    folder: Path,
    root: Path,
    environment: Mapping[str, str],
) -> ChildProcess:
    command = [
        *(sys.executable, "-m", "tests.conformance.source_command"),
        *("--bootstrap", environment["KAFKA_BOOTSTRAP_SERVERS"]),
        *("--topic", environment["TELEMETRY_TOPIC"]),
        *("--group", f"{name}-{environment['TELEMETRY_TOPIC']}"),
        *("--backoff-policy", "linear", "--backoff-delay", "100"),
        *("--sink", f"{function.url}/", "--order", "unordered", "--retry", "60"),
    ]
    folders = f"{root}:{root / 'local-dev'}"
    return ChildProcess.start(
        f"source of {name}", command, folder / f"source-{name}.log", {"PYTHONPATH": folders}
    )


@dataclass(slots=True)
class Load:
    """Devices that post to whichever ingest there is, and the readings that were acknowledged."""

    urls: list[str]
    name: str = "device"
    acknowledged: dict[str, float] = field(default_factory=dict)  # by id: the value
    is_over: bool = False

    async def run(self, devices: int) -> None:
        """Post until it is over; what is refused is posted again."""
        async with httpx.AsyncClient(verify=NO_TLS, timeout=10) as client:
            await asyncio.gather(*(self._device(client, number) for number in range(devices)))

    async def _device(self, client: httpx.AsyncClient, number: int) -> None:
        began, count = datetime.now(UTC), 0
        while not self.is_over:
            # Every fifth is an hour late, every seventh beyond the limit.
            late = timedelta(hours=1) if count % 5 == 4 else timedelta()
            value = 61.0 if count % 7 == 6 else 20 + count % 10 / 10
            ts = began + timedelta(milliseconds=100 * count) - late
            reading = {
                "device_id": f"{self.name}-{number}",
                "ts": ts.isoformat(),
                "temperature_c": value,
            }
            if await self._posted(client, reading):
                count += 1
            await asyncio.sleep(0.1)

    async def _posted(self, client: httpx.AsyncClient, reading: Mapping[str, object]) -> bool:
        for url in tuple(self.urls):
            try:
                response = await client.post(f"{url}/ingest", json=reading)
            except httpx.TransportError:
                continue
            if response.status_code == 202:
                self.acknowledged[response.json()["reading_id"]] = float(
                    str(reading["temperature_c"])
                )
                return True
        return False
