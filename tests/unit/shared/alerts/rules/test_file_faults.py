"""How it is told where the rules file is wrong: by its line, and by the field."""

from textwrap import dedent, indent

import pytest

from shared.alerts.rules.environment import rules_of
from shared.alerts.rules.file import rule_set_of
from shared.alerts.rules.rule_set import MAX_CHARACTERS, StatedRule
from shared.settings import SettingsError, ThresholdSettings

ENVIRONMENT = rules_of(ThresholdSettings())
WARM = """\
- id: warm
  kind: above
  sensor: freezer_c
  levels:
    - {name: warning, open: -15, clear: -18, for: 5m, clear_for: 2m, min_count: 3}
    - {name: critical, open: -5}
"""
RULE = """\
- id: warm
  kind: above
  sensor: freezer_c
"""
ORDER = ": the mildest level is first"
SILENT = "- {id: silent, kind: offline, timeout: 15m}\n"


def rules_in(text: str) -> dict[str, StatedRule]:
    return {each.rule.rule_id: each for each in rule_set_of(text, "rules.yaml", ENVIRONMENT)}


def levels(text: str) -> str:
    return f"rules:\n{RULE}  levels:\n{indent(dedent(text), '    ')}"


def overrides(text: str, rules: str = WARM) -> str:
    return f"overrides:\n{dedent(text)}rules:\n{rules}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1: is empty; a file without rules says: rules: []"),
        ("# rules\n", "1: is empty; a file without rules says: rules: []"),
        ("x" * (MAX_CHARACTERS + 1), "1: must not be longer than 262144 characters"),
        ("rules:\n\t- id: a", "2: found character that cannot start any token"),
        ("rules: []\nrules: []", "2: the key 'rules' is there twice"),
        ("- a", "1: the file: must be a mapping"),
        ("rules: {}", "1: rules: must be a list"),
        ("overrides: []", "1: rules: is missing"),
        ("rules: []\nrule: []", "2: rule: is no field here"),
        ("rules: [3]", "1: rules[0]: must be a mapping"),
        ("rules:\n- id: a", "2: rules[0].kind: is missing"),
        (
            "rules:\n- id: a\n  kind: over",
            (
                "3: rules[0].kind: must be one of 'above', 'below', 'outside', 'rate',"
                " 'stale', 'offline'"
            ),
        ),
        (f"rules:\n{RULE}  levels: []", "5: rules[0].levels: must have an entry"),
        (
            f"rules:\n{RULE}  levels: [{{name: a, open: 1}}]\n  top: 1",
            "6: rules[0].top: is no field here",
        ),
        (levels("- name: a"), "6: rules[0].levels[0].open: is missing"),
        (levels("- {name: a, open: .nan}"), "6: rules[0].levels[0].open: must be a number"),
        (levels("- {name: a, open: 1e999}"), "6: rules[0].levels[0].open: must be a number"),
        (levels("- {name: a, open: '1'}"), "6: rules[0].levels[0].open: must be a number"),
        (levels("- {name: a, open: true}"), "6: rules[0].levels[0].open: must be a number"),
        (levels("- {name: a, open: 2e100}"), "6: rules[0].levels[0].open: must be 1e+100 or less"),
        (levels("- {name: a, open: {low: 1}}"), "6: rules[0].levels[0].open: must be a number"),
        (
            levels("- name: a\n  open: 1\n  for: 5"),
            "8: rules[0].levels[0].for: must be a duration such as 90s, 5m, 1h30m or PT5M",
        ),
        (
            levels("- {name: a, open: 1, clear_for: 32d}"),
            "6: rules[0].levels[0].clear_for: must be 0s to 31d",
        ),
        (
            levels("- {name: a, open: 1, min_count: 1.5}"),
            "6: rules[0].levels[0].min_count: must be a whole number",
        ),
        (
            levels("- {name: a, open: 1, min_count: 0}"),
            "6: rules[0].levels[0].min_count: must be 1 or more",
        ),
        (
            levels("- {name: A, open: 1}"),
            "6: rules[0].levels[0].name: must match ^[a-z][a-z0-9_]{0,31}$",
        ),
        (levels("- {name: 5, open: 1}"), "6: rules[0].levels[0].name: must be a text"),
        (
            levels("- {name: a, open: 30, clear: 31}"),
            "6: rules[0].levels[0].clear: must not be above open 30",
        ),
        (
            levels("- {name: a, open: 1}\n- {name: a, open: 2}"),
            "7: rules[0].levels[1].name: 'a' is there twice",
        ),
        (
            levels("- {name: a, open: 2}\n- {name: b, open: 1.5}"),
            f"7: rules[0].levels[1].open: must not be below 2, that of 'a'{ORDER}",
        ),
        (f"rules:\n{WARM}{WARM}", "8: rules[1].id: 'warm' is there twice"),
        (f"rules:\n{WARM}  max_gap: 0s", "8: rules[0].max_gap: must be 1s to 31d"),
        (
            f"rules:\n{WARM}  resolve_on_silence: yes",
            "8: rules[0].resolve_on_silence: must be true or false",
        ),
        (
            f"rules:\n{WARM}  valid_from: 2026-01-31T12:00:00",
            "8: rules[0].valid_from: must have a time zone, as in 2026-01-31T12:00:00Z",
        ),
        (f"rules:\n{WARM}  unit: {'m' * 17}", "8: rules[0].unit: must not be longer than 16"),
        (f"rules:\n{WARM}  flap: {{openings: 1}}", "8: rules[0].flap.openings: must be 2 or more"),
        (
            "rules: [" + "{id: a, kind: offline, timeout: 1h}, " * 201 + "]",
            "1: rules: must not have more than 200 entries",
        ),
    ],
)
def test_a_wrong_file_is_told_with_line_and_field(text: str, message: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        rule_set_of(text, "rules.yaml", ENVIRONMENT)

    assert str(refusal.value) == f"rules.yaml:{message}"


@pytest.mark.parametrize(
    ("level", "field", "reason"),
    [
        ("open: 5", "open", "must be of the form {low: .., high: ..}"),
        ("open: {low: 5}", "open.high", "is missing"),
        ("open: {low: 5, high: 5}", "open.low", "must be below high 5"),
        (
            "open: {low: 1, high: 5}, clear: {low: 0, high: 4}",
            "clear.low",
            "must not be below open 1",
        ),
        (
            "open: {low: 1, high: 5}, clear: {low: 2, high: 6}",
            "clear.high",
            "must not be above open 5",
        ),
        (
            "open: {low: 1, high: 5}, clear: {low: 4, high: 2}",
            "clear.low",
            "must not be above high 2",
        ),
    ],
)
def test_two_limits_that_leave_nothing_between_them_are_refused(
    level: str, field: str, reason: str
) -> None:
    text = f"rules:\n- {{id: p, kind: outside, sensor: hpa, levels: [{{name: warning, {level}}}]}}"

    with pytest.raises(SettingsError) as refusal:
        rules_in(text)

    assert str(refusal.value) == f"rules.yaml:2: rules[0].levels[0].{field}: {reason}"


@pytest.mark.parametrize(
    ("second", "field", "reason"),
    [
        ("{low: 2, high: 9}", "low", "must not be above 1"),
        ("{low: 0, high: 4}", "high", "must not be below 5"),
    ],
)
def test_a_severe_level_of_two_limits_lies_beyond_the_mild_one(
    second: str, field: str, reason: str
) -> None:
    both = f"[{{name: a, open: {{low: 1, high: 5}}}}, {{name: b, open: {second}}}]"
    text = f"rules:\n- {{id: p, kind: outside, sensor: hpa, levels: {both}}}"

    with pytest.raises(SettingsError) as refusal:
        rules_in(text)

    told = f"rules.yaml:2: rules[0].levels[1].open.{field}: {reason}, that of 'a'"
    assert str(refusal.value) == told + ORDER


@pytest.mark.parametrize(
    ("level", "field", "reason"),
    [
        ("open: {}", "open", "must have low or high"),
        ("open: 1", "open", "must be of the form {low: .., high: ..}"),
        ("open: {high: 1}, clear: {low: 1}", "clear.low", "open has no low"),
        ("open: {low: 1}, clear: {high: 1}", "clear.high", "open has no high"),
    ],
)
def test_a_rate_is_limited_on_one_side_or_on_both(level: str, field: str, reason: str) -> None:
    text = f"rules:\n- {{id: p, kind: rate, sensor: hpa, levels: [{{name: warning, {level}}}]}}"

    with pytest.raises(SettingsError) as refusal:
        rules_in(text)

    assert str(refusal.value) == f"rules.yaml:2: rules[0].levels[0].{field}: {reason}"


@pytest.mark.parametrize(
    ("override", "field", "reason"),
    [
        (
            "rule: hot",
            "rule",
            (
                "there is no rule 'hot'; there are humidity_high, humidity_low, silent,"
                " temperature_c_high, temperature_c_low, warm"
            ),
        ),
        ("rule: warm, timeout: 1h", "timeout", "rules of kind threshold have none"),
        ("rule: warm, min_interval: 1h", "min_interval", "rules of kind threshold have none"),
        ("rule: silent, levels: []", "levels", "rules of kind offline have none"),
        (
            "rule: warm, levels: [{name: a}]",
            "levels[0].name",
            "warm has no such level; it has warning, critical",
        ),
        (
            "rule: warm, levels: [{name: warning}, {name: warning}]",
            "levels[1].name",
            "'warning' is there twice",
        ),
        (
            "rule: warm, levels: [{name: warning, open: {low: 1}}]",
            "levels[0].open",
            "must be a number, as in the rule",
        ),
        (
            "rule: warm, levels: [{name: warning, open: {low: x}}]",
            "levels[0].open.low",
            "must be a number",
        ),
        ("rule: warm, levels: [{name: warning, open: x}]", "levels[0].open", "must be a number"),
        (
            "rule: warm, levels: [{name: warning, open: {}}]",
            "levels[0].open",
            "must have low or high",
        ),
        (
            "rule: warm, levels: [{name: warning, clear: 0}]",
            "levels[0].clear",
            "must not be above open -15",
        ),
        (
            "rule: warm, levels: [{name: critical, open: -16, clear: -17}]",
            "levels[0].open",
            f"must not be below -15, that of 'warning'{ORDER}",
        ),
        (
            "rule: warm, levels: [{name: warning, open: 0}]",
            "levels",
            f"level 'critical': open: must not be below 0, that of 'warning'{ORDER}",
        ),
    ],
)
def test_an_override_that_does_not_fit_its_rule_is_told_at_its_own_line(
    override: str, field: str, reason: str
) -> None:
    with pytest.raises(SettingsError) as refusal:
        rules_in(overrides(f"- {{device: x, {override}}}\n", WARM + SILENT))

    assert str(refusal.value) == f"rules.yaml:2: overrides[0].{field}: {reason}"


def test_limits_of_a_rule_of_two_sides_are_overridden_as_such() -> None:
    rule = "- {id: j, kind: rate, sensor: t, levels: [{name: warning, open: {high: 1}}]}\n"

    with pytest.raises(SettingsError, match=r"must be of the form {low: .., high: ..}, as in"):
        rules_in(overrides("- {device: x, rule: j, levels: [{name: warning, open: 2}]}\n", rule))


@pytest.mark.parametrize("device", ["", "a b", "*x", "a**", "é"])
def test_a_device_that_no_reading_can_have_is_refused(device: str) -> None:
    with pytest.raises(SettingsError, match=r"rules.yaml:2: overrides\[0\].device: must match"):
        rules_in(overrides(f"- {{device: '{device}', rule: warm}}\n"))


def test_two_overrides_of_a_rule_for_one_device_are_refused() -> None:
    text = "- {device: x, rule: warm, max_gap: 1m}\n- {device: x, rule: warm, grace: 1m}\n"

    with pytest.raises(SettingsError) as refusal:
        rules_in(overrides(text))

    message = "overrides[1].device: 'x' has an override of warm already"
    assert str(refusal.value) == f"rules.yaml:3: {message}"


def test_everything_that_is_wrong_is_told_at_once_in_the_order_of_the_lines() -> None:
    text = overrides("- {device: x, rule: hot}\n", WARM.replace("open: -5", "open: -5, clear: -4"))

    with pytest.raises(SettingsError) as refusal:
        rules_in(text)

    first, second = str(refusal.value).split("; rules.yaml:")
    assert first.startswith("rules.yaml:2: overrides[0].rule: there is no rule 'hot'")
    assert second == "9: rules[0].levels[1].clear: must not be above open -5"


def test_of_very_many_faults_the_first_are_told() -> None:
    text = "rules:\n" + "".join("- {id: a}\n" for _ in range(25))

    with pytest.raises(SettingsError) as refusal:
        rules_in(text)

    told = str(refusal.value).split("; ")
    assert len(told) == 11
    assert told[-1] == "and 15 more"
