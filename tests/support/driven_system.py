"""A whole system driven by a program: `local-dev/up` as a process, used from outside only."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any

import httpx

from local_dev.options import USUAL_PORTS
from local_dev.paths import ROOT, Places
from local_dev.servers.child_process import ends_with_its_parent
from local_dev.servers.free_port import free_ports
from local_dev.system.running_system import ask
from tests.support.plain_http import NO_TLS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

START_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 60.0
ASK_EVERY_S = 0.1
REQUEST_TIMEOUT_S = 60.0  # a function at zero has to start first


class DrivenSystem:
    """A running `local-dev/up` on free ports, with a data folder of its own."""

    def __init__(self, data: Path, process: subprocess.Popen[bytes], ports: dict[str, int]) -> None:
        self.places = Places(data)
        self.process = process
        self.ports = ports

    @classmethod
    def launch(
        cls,
        data: Path,
        *options: str,
        ports: dict[str, int] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> DrivenSystem:
        """Start it, and return before it is up. What it prints goes to `up.log` in `data`.

        `ports` are free ones where none are given; `environment` is added to this process's.
        """
        ports = ports or free_ports(USUAL_PORTS)
        chosen = [f"--{name}-port={port}" for name, port in ports.items()]
        data.mkdir(parents=True, exist_ok=True)
        with (data / "up.log").open("wb") as log:
            process = subprocess.Popen(
                [ROOT / "local-dev" / "up", f"--data={data}", *chosen, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | dict(environment or {}),
                preexec_fn=ends_with_its_parent(os.getpid()),  # noqa: PLW1509 - one prctl call, loaded beforehand
            )
        return cls(data, process, ports)

    @property
    def output(self) -> str:
        """All that it has printed so far."""
        return (self.places.data / "up.log").read_text(errors="replace")

    @property
    def state(self) -> dict[str, Any]:
        """What it wrote down about itself: its addresses."""
        return self._asked()[0]

    @property
    def status(self) -> dict[str, Any]:
        """What `local-dev/status` shows, without the dead letters."""
        return self._asked()[1]

    def wait_until_up(self) -> None:
        """Return once it reports that it is ready. Raise AssertionError with what it printed."""
        self.wait_for(lambda: "ready after" in self.output and ask(self.places), START_TIMEOUT_S)

    def wait_for(self, happens: Callable[[], object], timeout_s: float) -> None:
        """Return once `happens()` is true. Raise AssertionError with what the system printed."""
        end = time.monotonic() + timeout_s
        while not happens():
            if time.monotonic() > end or self.process.poll() is not None:
                exit_code = self.process.poll()
                raise AssertionError(
                    f"it did not happen within {timeout_s:.0f} s (exit code {exit_code}):"
                    f"\n{self.output[-8000:]}"
                )
            time.sleep(ASK_EVERY_S)

    def get(self, path: str, accept: str = "*/*") -> httpx.Response:
        """Query the dashboard."""
        url = f"http://127.0.0.1:{self.ports['dashboard']}{path}"
        headers = {"accept": accept}
        return httpx.get(
            url, headers=headers, timeout=REQUEST_TIMEOUT_S, trust_env=False, verify=NO_TLS
        )

    def post(self, readings: object) -> httpx.Response:
        """Post one reading, or a list of them, to ingest."""
        url = f"http://127.0.0.1:{self.ports['ingest']}/ingest"
        return httpx.post(
            url, json=readings, timeout=REQUEST_TIMEOUT_S, trust_env=False, verify=NO_TLS
        )

    def function_pids(self, function: str) -> list[int]:
        """Return the processes of the function's instances."""
        return [int(pid) for pid in self.status["functions"][function]["pids"]]

    def server_pid(self, name: str) -> int:
        """Return the process of `MongoDB` or `Apache Kafka`."""
        return int(self.status["servers"][name]["pid"])

    def stop(self, number: int = signal.SIGINT) -> int:
        """Send it a signal, as Ctrl-C does, and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(STOP_TIMEOUT_S)

    def _asked(self) -> tuple[dict[str, Any], dict[str, Any]]:
        asked = ask(self.places)
        assert asked is not None, "it does not run"
        return asked
