"""Functions as processes: started, killed and started again, and what they use meanwhile."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import httpx
import psutil

from tests.support.function_process import FunctionProcess, deployed, running
from tests.support.plain_http import NO_TLS

MIB: Final = 1024 * 1024
_SAMPLE_S: Final = 0.5
_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class System:
    """Where the functions of one scenario run: the database that they share, and their logs."""

    root: Path
    folder: Path
    mongo_url: str
    database: str

    @contextmanager
    def function(self, name: str, tag: str = "", **settings: object) -> Iterator[FunctionProcess]:
        """Run one instance of a function, with these settings beside the database's."""
        environment = {
            "MONGO_URL": self.mongo_url,
            "MONGO_DB": self.database,
            **{key.upper(): str(value) for key, value in settings.items()},
        }
        log = self.folder / f"{name}{tag}.log"
        with running(deployed(name), self.root, environment, log) as function:
            yield function


@asynccontextmanager
async def beside(made: AbstractContextManager[_Made]) -> AsyncIterator[_Made]:
    """Enter and leave what blocks in a thread, so that the load goes on meanwhile."""
    entered = await asyncio.to_thread(made.__enter__)
    try:
        yield entered
    finally:
        await asyncio.to_thread(made.__exit__, None, None, None)


def metric(function: FunctionProcess, name: str) -> float:
    """Return the sum of a metric over its labels, as the process exposes it now."""
    lines = httpx.get(function.url + "/metrics", timeout=20, verify=NO_TLS).text.splitlines()
    return sum(
        float(line.rsplit(" ", 1)[1])
        for line in lines
        if line.startswith(name) and line[len(name)] in " {"
    )


def failed_refreshes(function: FunctionProcess) -> int:
    """Return how many steps of the refresh failed in this process."""
    return int(metric(function, "iot_refresh_errors_total"))


@dataclass(slots=True)
class Usage:
    """The memory of a process, as it was seen, and the processor time that it took."""

    pid: int
    samples: list[tuple[float, float]] = field(default_factory=list)  # seconds since start, MiB
    cpu_s: float = 0.0

    @property
    def peak_mib(self) -> float:
        """Return the largest resident memory that was seen."""
        return max((mib for _, mib in self.samples), default=0.0)

    def mib_between(self, first_s: float, last_s: float) -> float:
        """Return the largest resident memory between these seconds."""
        return max((mib for at, mib in self.samples if first_s <= at < last_s), default=0.0)


@asynccontextmanager
async def watched(pid: int) -> AsyncIterator[Usage]:
    """Watch the memory and the processor time of a process."""
    usage = Usage(pid)
    watching = asyncio.create_task(_watch(usage))
    try:
        yield usage
    finally:
        watching.cancel()


async def _watch(usage: Usage) -> None:
    process = psutil.Process(usage.pid)
    began, before = time.monotonic(), sum(process.cpu_times()[:2])
    while True:
        try:
            usage.samples.append((time.monotonic() - began, process.memory_info().rss / MIB))
            usage.cpu_s = sum(process.cpu_times()[:2]) - before
        except psutil.NoSuchProcess:
            return
        await asyncio.sleep(_SAMPLE_S)


@contextmanager
def health_probe(root: Path, url: str, log: Path) -> Iterator[list[float]]:
    """Probe `url`/health from a process of its own; the list gets the milliseconds at the end."""
    taken: list[float] = []
    with log.open("w+") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.volume.health_probe", url],
            cwd=root,
            env={"PYTHONPATH": f"{root}:{root / 'local-dev'}"},
            stdin=subprocess.DEVNULL,
            stdout=output,
        )
        try:
            yield taken
        finally:
            process.terminate()
            process.wait(20)
            output.seek(0)
            taken += [float(line) for line in output.read().splitlines()]
