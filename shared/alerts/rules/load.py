"""Reads the rules that a process runs with: the environment's thresholds and the rules file.

The alert function, back-tests and rule tests all begin here.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from shared.alerts.rules.environment import rules_of
from shared.alerts.rules.rule_set import MAX_CHARACTERS, RuleSet, StatedRule
from shared.settings import RulesSettings, SettingsError, ThresholdSettings, read

_NO_RULES: Final = "rules: []"


def load(environment: Mapping[str, str]) -> RuleSet:
    """Return the rules of this environment. Raise SettingsError where it or its file is wrong."""
    file = read(RulesSettings, environment).alert_rules_file
    return rule_set(read(ThresholdSettings, environment), file)


def rule_set(thresholds: ThresholdSettings, file: str) -> RuleSet:
    """Return the rules of the thresholds and of the file at this path; an empty path is none.

    Raise SettingsError with file, line and field of what is wrong.
    """
    rules = rules_of(thresholds)
    text = _text_of(file) if file else _NO_RULES
    if _is_without_rules(text):
        return tuple(StatedRule(rule=each) for each in sorted(rules, key=lambda each: each.rule_id))
    # YAML and the form of the file are 0.1 s of a cold start, which the file as shipped is spared
    from shared.alerts.rules.file import rule_set_of  # noqa: PLC0415 - as said

    return rule_set_of(text, file, rules)


def _is_without_rules(text: str) -> bool:
    if len(text) > MAX_CHARACTERS:  # not all of it is here
        return False
    lines = (line.partition("#")[0].rstrip() for line in text.splitlines())
    return [line for line in lines if line] == [_NO_RULES]


def _text_of(file: str) -> str:
    """Return the first characters of the file, so many that one that is too long is seen to be."""
    try:
        with Path(file).open(encoding="utf-8") as opened:
            return opened.read(MAX_CHARACTERS + 1)
    except OSError as error:
        raise SettingsError(
            f"ALERT_RULES_FILE={file!r}: cannot be read: {error.strerror}"
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file}: is not UTF-8 at byte {error.start}") from error
