"""A chaos run finds the processes of functions as local-dev starts them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_dev.serving.instance import Launch
from tests.chaos.processes import functions_of


@pytest.fixture
def started(tmp_path: Path) -> Iterator[dict[str, int]]:
    """Start stand-ins for two functions, and a process that is none; give their ids by name."""
    (tmp_path / "functions").mkdir()
    (tmp_path / "functions" / "__main__.py").write_text("import time; time.sleep(60)")
    commands = {name: Launch(name, tmp_path, {}, "/").command for name in ("aggregate", "alert")}
    commands["another"] = (sys.executable, "-c", "import time; time.sleep(60)")
    processes = {
        name: subprocess.Popen(command, cwd=tmp_path) for name, command in commands.items()
    }
    yield {name: process.pid for name, process in processes.items()}
    for process in processes.values():
        process.kill()
        process.wait()


def test_functions_are_told_from_other_processes(started: dict[str, int]) -> None:
    found = functions_of(os.getpid())

    assert sorted(found) == sorted([started["aggregate"], started["alert"]])


def test_the_instances_of_one_function_are_found(started: dict[str, int]) -> None:
    assert functions_of(os.getpid(), "alert") == [started["alert"]]
    assert functions_of(os.getpid(), "ingest") == []


def test_a_process_that_is_gone_has_no_functions() -> None:
    gone = subprocess.Popen(["/bin/true"])
    gone.wait()

    assert functions_of(gone.pid) == []
