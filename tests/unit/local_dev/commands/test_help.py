"""Each launcher explains itself."""

import importlib

import pytest

from local_dev.commands.command_line import run
from tests.support.pages import module_behind

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


@pytest.mark.parametrize(("launcher", "option"), LAUNCHERS.items(), ids=list(LAUNCHERS))
@pytest.mark.parametrize("asked", ["-h", "--help"])
def test_it_names_itself_and_its_options(
    launcher: str, option: str, asked: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name = module_behind(f"local-dev/{launcher}")
    module = importlib.import_module(f"{name}.__main__" if name.startswith("tests.") else name)

    with pytest.raises(SystemExit, match="0"):
        run(getattr(module, launcher.replace("-", "_")), [asked])

    out = capsys.readouterr().out
    assert f"Usage: local-dev/{launcher} " in out
    assert option in out
