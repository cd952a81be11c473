"""Servers of ours: started in a group, ended with all that they started."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from local_dev.servers.child_process import ChildProcess, ServerFailedError


def start(tmp_path: Path, script: str) -> ChildProcess:
    return ChildProcess.start("the server", ["/bin/sh", "-c", script], tmp_path / "log", os.environ)


def is_gone(pid: int) -> bool:
    """Return whether it ended; a dead process that nobody waited for has ended too."""
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "it did not happen within 10 s"
        time.sleep(0.01)


def test_what_it_prints_is_in_its_log(tmp_path: Path) -> None:
    server = start(tmp_path, "echo hello; echo oops >&2")

    server.wait_until(lambda: server.exit_status is not None, timeout_s=10)

    assert (tmp_path / "log").read_text() == "hello\noops\n"


def test_stop_ends_what_it_started_too(tmp_path: Path) -> None:
    server = start(tmp_path, f"sleep 60 & echo $! > '{tmp_path}/pid'; wait")
    wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    grandchild = int((tmp_path / "pid").read_text())

    server.stop(grace_s=5)

    assert server.exit_status == -signal.SIGTERM
    wait_for(lambda: is_gone(grandchild))


def test_a_server_that_ignores_sigterm_is_killed_after_the_grace(tmp_path: Path) -> None:
    server = start(tmp_path, f"trap '' TERM; touch '{tmp_path}/ready'; while :; do sleep 1; done")
    wait_for((tmp_path / "ready").exists)

    server.stop(grace_s=0.2)

    assert server.exit_status == -signal.SIGKILL


def test_a_stopped_server_can_be_ended(tmp_path: Path) -> None:
    server = start(tmp_path, "sleep 60")
    server.signal(signal.SIGSTOP)

    server.stop(grace_s=5)

    assert server.exit_status == -signal.SIGTERM


def test_stopping_twice_is_once(tmp_path: Path) -> None:
    server = start(tmp_path, "sleep 60")

    server.stop(grace_s=5)
    server.stop(grace_s=5)

    assert server.exit_status == -signal.SIGTERM


def test_a_server_that_ends_at_once_shows_the_end_of_its_log(tmp_path: Path) -> None:
    server = start(tmp_path, "echo no such option; exit 3")

    with pytest.raises(ServerFailedError, match=r"(?s)the server ended with status 3.*no such opt"):
        server.wait_until(lambda: False, timeout_s=10)


def test_a_server_that_never_responds_is_given_up(tmp_path: Path) -> None:
    server = start(tmp_path, "sleep 60")

    with pytest.raises(ServerFailedError, match="does not respond after 0 s"):
        server.wait_until(lambda: False, timeout_s=0.1)

    server.stop(grace_s=5)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has PR_SET_PDEATHSIG")
def test_a_server_ends_when_the_process_that_started_it_is_killed(tmp_path: Path) -> None:
    program = (
        "import os, time; from pathlib import Path\n"
        "from local_dev.servers.child_process import ChildProcess\n"
        f"server = ChildProcess.start('it', ['sleep', '60'], Path('{tmp_path}/log'), os.environ)\n"
        "print(server.pid, flush=True); time.sleep(60)"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    starter = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment
    )
    assert starter.stdout is not None
    server = int(starter.stdout.readline())

    starter.kill()
    starter.communicate()

    wait_for(lambda: is_gone(server))
