"""Each launcher explains itself."""

import importlib
import re

import pytest

from local_dev.commands.command_line import run
from local_dev.paths import ROOT

LAUNCHERS = {
    "up": "--port-offset",
    "test": "pytest",
    "send": "--duplicates",
    "invoke": "--url",
    "status": "--json",
    "reset": "--yes",
    "chaos": "--seed",
    "conform": "--recording",
    "cluster-test": "--gateway",
}


def command_of(launcher: str) -> str:
    """Return the module that the launcher runs."""
    found = re.search(r'with-environment" \w+ (\w+)', (ROOT / "local-dev" / launcher).read_text())
    assert found is not None
    return found[1]


@pytest.mark.parametrize(("launcher", "option"), LAUNCHERS.items(), ids=list(LAUNCHERS))
@pytest.mark.parametrize("asked", ["-h", "--help"])
def test_it_names_itself_and_its_options(
    launcher: str, option: str, asked: str, capsys: pytest.CaptureFixture[str]
) -> None:
    module = importlib.import_module(f"local_dev.commands.{command_of(launcher)}")

    with pytest.raises(SystemExit, match="0"):
        run(getattr(module, command_of(launcher)), [asked])

    out = capsys.readouterr().out
    assert f"Usage: local-dev/{launcher} " in out
    assert option in out
