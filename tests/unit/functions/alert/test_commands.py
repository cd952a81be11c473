"""The commands of alert, each as its own process."""

import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = ("audit", "backtest", "replay", "rule_tests", "notify.stuck")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_how_it_is_used(name: str, root: Path) -> None:
    command = [sys.executable, "-m", f"functions.alert.{name}", "--help"]

    told = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60, check=True)

    assert told.stdout.startswith(f"usage: python -m functions.alert.{name} ")
