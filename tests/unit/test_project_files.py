"""The justfile and the pre-commit hooks run what local-dev runs."""

from __future__ import annotations

import importlib
import os
import re
import tomllib

import pytest
import yaml

from tests.support.pages import ROOT, module_behind

JUSTFILE = (ROOT / "justfile").read_text()
CHECKS = dict(importlib.import_module(module_behind("local-dev/test")).CHECKS)
LAUNCHERS = {
    each.name
    for each in (ROOT / "local-dev").iterdir()
    if each.is_file() and os.access(each, os.X_OK) and each.name != "with-environment"
}


def test_the_justfile_has_an_entry_with_a_line_of_help_for_each_launcher() -> None:
    entries = re.findall(
        r"^# .+\n([a-z-]+) \*arguments:\n    @local-dev/([a-z-]+) \"\$@\"$", JUSTFILE, re.MULTILINE
    )

    assert dict(entries) == {name: name for name in LAUNCHERS}


@pytest.mark.parametrize(("name", "command"), CHECKS.items())
def test_a_check_before_a_commit_is_that_of_the_test_launcher(
    name: str, command: list[str]
) -> None:
    content = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    entries = {hook["name"]: hook["entry"] for hook in content["repos"][0]["hooks"]}

    assert entries[name].endswith(f".venv/bin/{' '.join(command)}")


def test_the_changelog_has_the_released_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text()

    assert re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", changelog, re.MULTILINE)
