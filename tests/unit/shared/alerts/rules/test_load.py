"""Which rules a process runs with."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from functions.alert.app import create
from shared.alerts.rules.load import load
from shared.alerts.rules.rule_set import MAX_CHARACTERS
from shared.settings import SettingsError

RULES = "rules:\n- {id: silent, kind: offline, timeout: 15m}\n"
OF_THE_ENVIRONMENT = ["humidity_high", "humidity_low", "temperature_c_high", "temperature_c_low"]


def named(environment: dict[str, str]) -> list[str]:
    return [each.rule.rule_id for each in load(environment)]


def test_without_a_file_the_rules_are_the_thresholds() -> None:
    found = load({"TEMP_MAX_THRESHOLD": "40"})

    assert [each.rule.rule_id for each in found] == OF_THE_ENVIRONMENT
    assert found[2].rule.levels[0].high == 40


def test_a_file_adds_its_rules(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(RULES)

    assert named({"ALERT_RULES_FILE": str(file)}) == sorted([*OF_THE_ENVIRONMENT, "silent"])


def test_the_file_that_is_shipped_changes_nothing(root: Path) -> None:
    assert load({"ALERT_RULES_FILE": str(root / "knative" / "rules.yaml")}) == load({})


def test_the_shipped_file_costs_a_start_no_import_of_yaml(root: Path) -> None:
    """It and the models of the file would be a tenth of a second of every cold start."""
    code = """
import sys
from shared.alerts.rules.load import load
load({"ALERT_RULES_FILE": "knative/rules.yaml"})
print({"yaml", "shared.alerts.rules.file_model"} & set(sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )

    assert done.stdout == "set()\n"


def test_what_the_shipped_file_has_as_examples_are_rules(root: Path, tmp_path: Path) -> None:
    shipped = (root / "knative" / "rules.yaml").read_text()
    examples = re.findall(r"^# ((?:  |overrides:).*\n)", shipped, re.MULTILINE)
    file = tmp_path / "rules.yaml"
    file.write_text("rules:\n" + "".join(examples))

    assert named({"ALERT_RULES_FILE": str(file)}) == sorted(
        [*OF_THE_ENVIRONMENT, "freezer_warm", "device_offline"]
    )


def test_a_wrong_file_stops_the_start(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("rules: 5")

    with pytest.raises(SettingsError) as refusal:
        create({"ALERT_RULES_FILE": str(file)})

    assert str(refusal.value) == f"{file}:1: rules: must be a list"


def test_a_file_that_is_not_there_is_told_by_the_setting() -> None:
    with pytest.raises(SettingsError) as refusal:
        load({"ALERT_RULES_FILE": "/no/rules.yaml"})

    assert str(refusal.value) == (
        "ALERT_RULES_FILE='/no/rules.yaml': cannot be read: No such file or directory"
    )


def test_a_file_that_is_too_long_is_not_read_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("rules: []\n" + "# more\n" * MAX_CHARACTERS)

    with pytest.raises(SettingsError, match="must not be longer than 262144 characters"):
        load({"ALERT_RULES_FILE": str(file)})


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_bytes(b"rules: \xff")

    with pytest.raises(SettingsError, match="is not UTF-8 at byte 7"):
        load({"ALERT_RULES_FILE": str(file)})
