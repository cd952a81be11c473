"""Is the README true? What it names exists, and what exists it names."""

import importlib.util
import os
import re
from pathlib import Path

import pytest

from shared import settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SETTINGS = (
    settings.ServerSettings,
    settings.KafkaSettings,
    settings.MongoSettings,
    settings.AggregateSettings,
    settings.ThresholdSettings,
)


@pytest.mark.parametrize("command", sorted(set(re.findall(r"local-dev/[a-z-]+(?![\w./])", README))))
def test_a_command_that_it_names_is_there(command: str) -> None:
    assert os.access(ROOT / command, os.X_OK)


@pytest.mark.parametrize("module", sorted(set(re.findall(r"python -m ([a-z_.]+)", README))))
def test_a_module_that_it_runs_is_there(module: str) -> None:
    assert importlib.util.find_spec(module) is not None


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\((?!http)([^)#]+)", README))))
def test_a_file_that_it_links_to_is_there(target: str) -> None:
    assert (ROOT / target).exists()


@pytest.mark.parametrize(
    "name", sorted(name.upper() for model in SETTINGS for name in model.model_fields)
)
def test_it_names_every_setting(name: str) -> None:
    assert f"`{name}`" in README
