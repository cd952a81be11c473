"""Whether rules raise the alerts that a test expects."""

from collections.abc import Sequence
from typing import Any

import pytest

from functions.alert.rule_tests.judgement import judged
from functions.alert.rule_tests.rule_test import RuleTest
from shared.alerts.rules.rule import Level
from tests.support.alert_examples import TOO_WARM, held, rule, seconds

HISTORIES = {
    "warm": held(rule(TOO_WARM, rule_id="warm", sensor="temperature_c")),
    "stale": held(
        rule(
            Level(name="warning"),
            rule_id="stale",
            kind="stale",
            sensor="lux",
            timeout=seconds(60),
        )
    ),
}


def difference(**said: Any) -> Sequence[str]:
    test = {"name": "n", "readings": [{"at": "0s", "temperature_c": 51.0}], "expect": []} | said
    return judged(RuleTest.model_validate(test), HISTORIES).difference


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"severity": "warning"},
        {"peak": 51.0},
        {"fired": "0s"},
    ],
)
def test_what_is_said_of_an_alert_must_be_so(said: dict[str, Any]) -> None:
    assert difference(expect=[{"rule": "warm", "started": "0s"} | said]) == []


@pytest.mark.parametrize(
    "said",
    [
        {"severity": "critical"},
        {"peak": 52.0},
        {"fired": "1s"},
        {"ended": "1s"},
        {"reason": "recovered"},
        {"started": "1s"},
        {"rule": "stale"},
    ],
)
def test_what_is_not_so_is_a_difference(said: dict[str, Any]) -> None:
    assert difference(expect=[{"rule": "warm", "started": "0s"} | said]) != []


def test_an_alert_that_is_not_expected_is_a_difference_with_all_of_it() -> None:
    assert difference()[-1] == (
        "+rule warm, started 0s, fired 0s, ended goes on, reason None, severity warning, peak 51"
    )


def test_an_alert_that_is_not_raised_is_a_difference() -> None:
    found = difference(readings=[], expect=[{"rule": "warm", "started": "0s"}])

    assert found[-1] == "-rule warm, started 0s, ended goes on"


def test_rules_that_are_not_tested_may_raise_what_they_will() -> None:
    assert difference(rules=["stale"]) == []


def test_a_rule_that_is_not_there_is_a_difference() -> None:
    assert difference(rules=["cold"]) == ["there is no rule 'cold'"]


def test_time_passes_until_the_test_is_over() -> None:
    lux = {"at": "0s", "every": "20s", "until": "1m", "lux": 5.0}
    expected = {"rule": "stale", "started": "1m", "fired": "2m"}

    assert difference(readings=[lux], until="2m", expect=[]) == []
    assert difference(readings=[lux], until="2m1s", expect=[expected]) == []
