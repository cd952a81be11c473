"""Reads the rules that a process runs with: the environment's thresholds and the rules file.

The alert function, back-tests and rule tests all begin here.
"""

from collections.abc import Mapping
from pathlib import Path

from shared.alerts.rules.environment import rules_of
from shared.alerts.rules.rule_set import RuleSet, StatedRule
from shared.settings import RulesSettings, SettingsError, ThresholdSettings, read


def load(environment: Mapping[str, str]) -> RuleSet:
    """Return the rules of this environment. Raise SettingsError where it or its file is wrong."""
    file = read(RulesSettings, environment).alert_rules_file
    return rule_set(read(ThresholdSettings, environment), file)


def rule_set(thresholds: ThresholdSettings, file: str) -> RuleSet:
    """Return the rules of the thresholds and of the file at this path; an empty path is none.

    Raise SettingsError with file, line and field of what is wrong.
    """
    rules = rules_of(thresholds)
    if not file:
        return tuple(StatedRule(rule=each) for each in sorted(rules, key=lambda each: each.rule_id))
    # 50 ms of a cold start that a function without a file does not need
    from shared.alerts.rules.file import rule_set_of  # noqa: PLC0415 - as said

    return rule_set_of(_text_of(file), file, rules)


def _text_of(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"ALERT_RULES_FILE={file!r}: cannot be read: {error.strerror}"
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file}: is not UTF-8 at byte {error.start}") from error
