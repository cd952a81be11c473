"""A server as a child process: started, watched, and ended with all that it started."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_dev.refusals import reason_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

PR_SET_PDEATHSIG = 1  # prctl(2)
LAST_LINES = 15


class ServerFailedError(RuntimeError):
    """A broker or a database did not come up, or was refused; the message is for the developer."""


@dataclass(slots=True)
class ChildProcess:
    """A process in a session of its own, so that its whole group is signalled at once.

    On Linux it gets SIGTERM by itself when the thread that started it ends, so that a killed
    `local-dev/up` leaves nothing behind. Start it from a thread that stays: the main one.
    """

    name: str
    log: Path
    _process: subprocess.Popen[bytes]

    @classmethod
    def start(
        cls, name: str, command: Sequence[str], log: Path, environment: Mapping[str, str]
    ) -> ChildProcess:
        """Start `command` in the folder of `log`; what it prints replaces the log's content."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=log.parent,
                env=environment,
                start_new_session=True,
                preexec_fn=ends_with_its_parent(os.getpid()),  # noqa: PLW1509 - one prctl call, loaded beforehand
            )
        return cls(name, log, process)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_status(self) -> int | None:
        """None while it runs, negative for a signal."""
        return self._process.poll()

    def signal(self, number: int) -> None:
        """Send a signal to the whole group, if there still is one."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def stop(self, grace_s: float) -> None:
        """End the group: SIGTERM, and after `grace_s` seconds SIGKILL."""
        if self.exit_status is None:
            self.signal(signal.SIGCONT)  # a stopped process would not notice SIGTERM
            self.signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(grace_s)
        self.signal(signal.SIGKILL)
        self._process.wait()

    def wait_until(self, is_ready: Callable[[], bool], timeout_s: float) -> None:
        """Return once `is_ready()` is true.

        Raise ServerFailedError, with the reason or the end of its log, if the process ends before
        that or `timeout_s` seconds pass.
        """
        end = time.monotonic() + timeout_s
        while not is_ready():
            if self.exit_status is not None:
                raise ServerFailedError(self._failure(f"ended with status {self.exit_status}"))
            if time.monotonic() > end:
                raise ServerFailedError(self._failure(f"does not respond after {timeout_s:.0f} s"))
            time.sleep(0.05)

    def _failure(self, what: str) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        if reason := reason_in(lines, self.log.parent):
            return f"{self.name} {what}: {reason}. Its log: {self.log}"
        return "\n  ".join([f"{self.name} {what}. The end of its log, {self.log}:", *lines])


def ends_with_its_parent(parent: int) -> Callable[[], None] | None:
    """Return what a child does between fork and exec; None where a system has no such thing."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def set_signal() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # the parent was gone before the call
            os._exit(1)

    return set_signal
