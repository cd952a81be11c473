"""Rule tests from files: what they are of, what they say, and what is wrong in them."""

from pathlib import Path

import pytest

from functions.alert.rule_tests.__main__ import main

EXAMPLE = "tests/events/alert-rules/rule-tests.yaml"
A_DAY = "{at: 0s, t: 1, every: 1s, until: 1d}"
RULES = """
rules:
  - {id: warm, kind: above, sensor: t, levels: [{name: warning, open: 10}]}
"""
TEST = """
tests:
  - name: too warm
    rules: [warm]
    readings: [{at: 0s, t: 11}]
    expect: [{rule: warm, started: 0s}]
"""


def file_of(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def test_the_example_holds(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(root / EXAMPLE)], {}) == 0

    assert capsys.readouterr().out.splitlines()[-1] == "4 tests, 0 failed"


def test_the_rules_are_those_that_the_test_file_names(tmp_path: Path) -> None:
    file_of(tmp_path, "rules.yaml", RULES)
    other = file_of(tmp_path, "other.yaml", RULES.replace("10", "99"))
    test = file_of(tmp_path, "test.yaml", "rules: rules.yaml" + TEST)

    assert main([test, "--rules", other], {"ALERT_RULES_FILE": other}) == 0


def test_else_they_are_those_of_the_command_and_else_of_the_environment(tmp_path: Path) -> None:
    rules = file_of(tmp_path, "rules.yaml", RULES)
    other = file_of(tmp_path, "other.yaml", RULES.replace("10", "99"))
    test = file_of(tmp_path, "test.yaml", TEST)

    assert main([test, "--rules", rules], {"ALERT_RULES_FILE": other}) == 0
    assert main([test], {"ALERT_RULES_FILE": rules}) == 0
    assert main([test], {"ALERT_RULES_FILE": other}) == 1


def test_thresholds_of_the_environment_are_rules_too(tmp_path: Path) -> None:
    test = """
tests:
  - name: as hot as that
    readings: [{at: 0s, temperature_c: 31}]
    expect: [{rule: temperature_c_high, severity: warning, started: 0s, peak: 31}]
"""

    assert main([file_of(tmp_path, "test.yaml", test)], {"TEMP_MAX_THRESHOLD": "30"}) == 0


def test_a_test_that_fails_is_told_with_what_differs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = file_of(tmp_path, "rules.yaml", RULES)
    test = file_of(tmp_path, "test.yaml", TEST.replace("started: 0s", "started: 1s, ended: 2s"))

    assert main([test, "--rules", rules], {}) == 1

    assert capsys.readouterr().out.splitlines() == [
        f"FAILED  {test}: too warm",
        "        --- expected",
        "        +++ found",
        "        @@ -1 +1 @@",
        "        -rule warm, started 1s, ended 2s",
        "        +rule warm, started 0s, ended goes on",
        "1 tests, 1 failed",
    ]


def test_a_file_may_be_json(tmp_path: Path) -> None:
    rules = file_of(tmp_path, "rules.yaml", RULES)
    test = '{"tests": [{"name": "n", "readings": [{"at": "0s", "t": 9}], "expect": []}]}'

    assert main([file_of(tmp_path, "test.json", test), "--rules", rules], {}) == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("tests: []", ":1: tests: "),
        ("[", ":1: "),
        ("5", ":1: the file: "),
        (
            "tests:\n  - name: n\n    readings: []\n    expect: [{rule: r}]",
            ":4: tests[0].expect[0]",
        ),
        ("tests:\n  - {name: n, readings: [{at: soon, t: 1}], expect: []}", "readings[0].at: "),
        ("tests:\n  - {name: n, readings: [{at: 0s}], expect: []}", "must have a sensor"),
        ("tests:\n  - {name: n, readings: [{at: 0s, 't-1': 1}], expect: []}", "must have a sensor"),
        ("tests:\n  - {name: n, readings: [{at: 0s, t: hot}], expect: []}", "readings[0].t: "),
        (
            "tests:\n  - {name: n, readings: [{at: 0s, t: 1, every: 1s}], expect: []}",
            "must have both every and until, or neither",
        ),
        (
            "tests:\n  - {name: n, readings: [{at: 0s, t: 1, every: 1s, until: 2d}], expect: []}",
            "must not be more than 100000 readings",
        ),
        (
            f"tests:\n  - {{name: n, readings: [{A_DAY}, {A_DAY}], expect: []}}",
            "must not be of more than 100000 readings",
        ),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_line_and_field(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, reason: str
) -> None:
    assert main([file_of(tmp_path, "test.yaml", text)], {}) == 2

    assert reason in capsys.readouterr().err


def test_a_file_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["/nowhere/test.yaml"], {}) == 2

    assert "/nowhere/test.yaml: cannot be read" in capsys.readouterr().err
