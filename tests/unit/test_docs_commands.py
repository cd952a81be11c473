"""The commands of README and docs/ are those that there are: launchers, modules, options, files."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests.support.pages import (
    PAGES,
    ROOT,
    TOP,
    Command,
    commands_in,
    commands_in_prose,
    module_behind,
)

BIN = Path(sys.executable).parent
COMMANDS = [command for page in PAGES for command in (*commands_in(page), *commands_in_prose(page))]
LAUNCHED = [one for one in COMMANDS if one.words[0].startswith("local-dev/")]
MODULES = [one for one in COMMANDS if "-m" in one.words and "python" in one.words[0]]
TOOLS = [one for one in COMMANDS if one.words[0].startswith(".venv/bin/")]
SKAFFOLD = [one for one in COMMANDS if one.words[0] == "skaffold"]
WITH_PATHS = [one for one in COMMANDS if any(word.partition("/")[0] in TOP for word in one.words)]


@pytest.mark.parametrize("command", LAUNCHED, ids=str)
def test_a_launcher_that_a_page_runs_is_there(command: Command) -> None:
    assert os.access(ROOT / command.words[0], os.X_OK)


@pytest.mark.parametrize("command", LAUNCHED, ids=str)
def test_a_launcher_knows_the_options_that_a_page_gives_it(command: Command) -> None:
    helped = _help_of(module_behind(command.words[0]))
    if command.words[0] == "local-dev/test":  # its arguments are pytest's
        helped += _help_of("pytest")

    assert _options_of(command.words[1:]) <= _options_in(helped)


@pytest.mark.parametrize("command", MODULES, ids=str)
def test_a_module_that_a_page_runs_is_there_and_knows_its_options(command: Command) -> None:
    at = command.words.index("-m") + 1
    module, arguments = command.words[at], command.words[at + 1 :]

    assert importlib.util.find_spec(module) is not None
    given = _options_of(arguments) - {"--help"}
    assert not given or given <= _options_in(_help_of(module))


@pytest.mark.parametrize("command", TOOLS, ids=str)
def test_a_tool_that_a_page_runs_is_installed_and_knows_its_options(command: Command) -> None:
    tool = BIN / Path(command.words[0]).name

    assert tool.exists()
    given = _options_of(command.words[1:]) if command not in MODULES else set()
    assert not given or given <= _options_in(_output_of(str(tool), "--help"))


@pytest.mark.parametrize("command", SKAFFOLD, ids=str)
def test_skaffold_has_the_modules_and_profiles_that_a_page_names(command: Command) -> None:
    documents = list(yaml.safe_load_all((ROOT / "skaffold.yaml").read_text()))
    modules = {each["metadata"]["name"] for each in documents}
    profiles = {one["name"] for each in documents for one in each.get("profiles", [])}

    assert set(_values_of("-m", command)) <= modules
    assert set(_values_of("-p", command)) <= profiles


@pytest.mark.parametrize("command", WITH_PATHS, ids=str)
def test_a_file_that_a_page_gives_to_a_command_is_there(command: Command) -> None:
    named = [word for word in command.words if word.partition("/")[0] in TOP and "/" in word]

    assert [word for word in named if not (ROOT / word).exists()] == []


def _values_of(option: str, command: Command) -> list[str]:
    words = command.words
    return [words[at + 1] for at, word in enumerate(words[:-1]) if word == option]


def _options_of(arguments: tuple[str, ...]) -> set[str]:
    return {word.partition("=")[0] for word in arguments if re.match(r"-{1,2}[a-z]", word)}


def _options_in(helped: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])-{1,2}[a-z][a-z-]*", helped)) | {"--help"}


def _help_of(module: str) -> str:
    return _output_of(sys.executable, "-m", module, "--help")


@cache
def _output_of(*command: str) -> str:
    path = os.pathsep.join([str(ROOT), str(ROOT / "local-dev")])
    plain = {"PYTHONPATH": path, "COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | plain,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout
