"""One instance of a function: a process that is started, probed and ended.

Each is `python -m functions <name>` in a process group of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_dev.options import LOOPBACK, reachable_at
from local_dev.servers.child_process import ends_with_its_parent
from local_dev.wire.http_client import Address, ConnectionPool, NoResponseError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

PROBE_EVERY_S = 0.05  # queue-proxy with periodSeconds unset (pkg/queue/readiness/probe.go)
PROBE_TIMEOUT_S = 0.5  # queue-proxy gives 0.1 s; this machine also runs broker and database
READY_TIMEOUT_S = 60.0
STOP_GRACE_S = 10.0
LONGEST_LINE = 1 << 20


class FunctionFailedError(Exception):
    """The process ended, or was not ready in time; the message says which."""


@dataclass(frozen=True, slots=True)
class Launch:
    """All that an instance needs to start."""

    function: str
    root: Path
    environment: Mapping[str, str]
    ready_path: str
    address: str = LOOPBACK

    @property
    def command(self) -> tuple[str, ...]:
        return (sys.executable, "-m", "functions", self.function)


class FunctionInstance:
    """A running process. `in_flight` counts the requests that it works on."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        port: int,
        launch: Launch,
        on_line: Callable[[str], None],
    ) -> None:
        self._process = process
        self._launch = launch
        self.port = port
        self.pool = ConnectionPool(Address(reachable_at(launch.address), port), limit=1000)
        self.in_flight = 0
        self.is_ready = False
        self.idle_since = time.monotonic()
        self.ended = asyncio.Event()
        self._watching = asyncio.create_task(self._watch(on_line))

    @classmethod
    async def start(
        cls, launch: Launch, port: int, on_line: Callable[[str], None]
    ) -> FunctionInstance:
        """Start a process that will listen on `port`; it is not ready yet."""
        process = await asyncio.create_subprocess_exec(
            *launch.command,
            cwd=launch.root,
            env={**launch.environment, "HOST": launch.address, "PORT": str(port)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=LONGEST_LINE,
            start_new_session=True,
            preexec_fn=ends_with_its_parent(os.getpid()),
        )
        return cls(process, port, launch, on_line)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def wait_until_ready(self) -> None:
        """Return once the readiness probe gets 200. Raise FunctionFailedError."""
        end = time.monotonic() + READY_TIMEOUT_S
        while not await self._is_probed_ready():
            if self.ended.is_set():
                status = self._process.returncode
                raise FunctionFailedError(f"ended with status {status} before it was ready")
            if time.monotonic() > end:
                raise FunctionFailedError(f"is not ready after {READY_TIMEOUT_S:.0f} s")
            await asyncio.sleep(PROBE_EVERY_S)
        self.is_ready = True
        self.idle_since = time.monotonic()

    async def stop(self) -> None:
        """End the process group: SIGTERM, and after a grace SIGKILL."""
        self.is_ready = False
        self._signal(signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_GRACE_S):
                await self.ended.wait()
        self._signal(signal.SIGKILL)
        await self._watching
        self.pool.close()

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    async def _is_probed_ready(self) -> bool:
        head = f"GET {self._launch.ready_path} HTTP/1.1\r\nhost: {self._launch.function}\r\n"
        try:
            response = await self.pool.send(head.encode("ascii"), b"", PROBE_TIMEOUT_S)
        except NoResponseError:
            return False
        return response.status == 200  # noqa: PLR2004 - HTTP's OK

    async def _watch(self, on_line: Callable[[str], None]) -> None:
        assert self._process.stdout is not None
        while line := await self._next_line(self._process.stdout):
            on_line(line.decode("utf-8", "replace").rstrip("\n"))
        await self._process.wait()
        self.is_ready = False
        self.ended.set()

    async def _next_line(self, output: asyncio.StreamReader) -> bytes:
        try:
            return await output.readline()
        except ValueError:
            return b"(a line longer than 1 MiB is left out)\n"
