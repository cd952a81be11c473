"""Reads a file of rule tests, YAML or JSON; what is wrong in it is told with line and field."""

from pathlib import Path
from typing import Final

from pydantic import ValidationError

from functions.alert.rule_tests.rule_test import RuleTestFile
from shared.alerts.rules.marked_yaml import MarkedYaml, YamlError, read_marked
from shared.settings import SettingsError

_MOST_FAULTS: Final = 10


def rule_tests_of(file: str) -> RuleTestFile:
    """Return what the file says. Raise SettingsError with file, line and field of what is wrong."""
    try:
        document = read_marked(Path(file).read_text("utf-8"))
        return RuleTestFile.model_validate(document.content)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: cannot be read: {error}") from error
    except YamlError as error:
        raise SettingsError(f"{file}:{error.line}: {error}") from error
    except ValidationError as error:
        raise SettingsError("; ".join(_faults(file, document, error))) from None


def _faults(file: str, document: MarkedYaml, error: ValidationError) -> list[str]:
    found = error.errors(include_url=False, include_input=False)[:_MOST_FAULTS]
    return [
        f"{file}:{document.line_of(each['loc'])}: {_path(each['loc'])}: "
        + each["msg"].removeprefix("Value error, ")
        for each in found
    ]


def _path(steps: tuple[str | int, ...]) -> str:
    """Write a path as `tests[2].readings[0].at`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return text.removeprefix(".") or "the file"
