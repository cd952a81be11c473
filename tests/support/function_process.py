"""A function as a process, started by a test and reached over HTTP."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from local_dev.servers.free_port import free_port
from tests.support.measurement import environment_of_children
from tests.support.plain_http import NO_TLS

START_S = 40.0
STOP_S = 30.0


@dataclass(slots=True)
class FunctionProcess:
    """A function that listens on loopback."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def asks(
        self,
        method: str,
        path: str,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes | Iterator[bytes] = b"",
    ) -> httpx.Response:
        return httpx.request(
            method, self.url + path, headers=list(headers), content=body, timeout=20, verify=NO_TLS
        )

    def wait_until_it_answers(self) -> None:
        end = time.monotonic() + START_S
        while time.monotonic() < end and self.process.poll() is None:
            with suppress(httpx.TransportError):
                httpx.get(self.url + "/health", timeout=20, verify=NO_TLS)
                return
            time.sleep(0.05)
        raise AssertionError(f"it does not answer:\n{self.log.read_text()}")

    def stop(self) -> int:
        """Send SIGTERM and give the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_S)


def deployed(name: str) -> list[str]:
    """The command of the image and of local-dev."""
    return [sys.executable, "-m", "functions", name]


def stock(name: str, *options: str) -> list[str]:
    """The stock command on the function's source."""
    command = str(Path(sys.executable).with_name("functions-framework"))
    return [command, "--target", name, "--source", f"functions/{name}/main.py", *options]


@contextmanager
def running(
    command: Sequence[str], root: Path, environment: Mapping[str, str], log: Path
) -> Iterator[FunctionProcess]:
    """Start a function, wait until it answers, and end it whatever becomes of the test."""
    port = free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=root,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(root),
                "HOST": "127.0.0.1",
                "PORT": str(port),
                **environment_of_children(),
                **environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    function = FunctionProcess(process, port, log)
    try:
        function.wait_until_it_answers()
        yield function
    finally:
        if process.poll() is None:
            process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)
        process.kill()
        process.wait()
