"""What the rules file says."""

from datetime import UTC, datetime, timedelta
from textwrap import dedent

import pytest

from shared.alerts.rules.environment import rules_of
from shared.alerts.rules.file import rule_set_of
from shared.alerts.rules.rule import Level, Rule
from shared.alerts.rules.rule_set import StatedRule
from shared.settings import ThresholdSettings

ENVIRONMENT = rules_of(ThresholdSettings())
WARM = """\
- id: warm
  kind: above
  sensor: freezer_c
  levels:
    - {name: warning, open: -15, clear: -18, for: 5m, clear_for: 2m, min_count: 3}
    - {name: critical, open: -5}
"""
SILENT = "- {id: silent, kind: offline, timeout: 15m}\n"


def rules_in(text: str) -> dict[str, StatedRule]:
    return {each.rule.rule_id: each for each in rule_set_of(text, "rules.yaml", ENVIRONMENT)}


def the_rule(text: str) -> Rule:
    """Return the one rule of the file, or the one that it puts in the place of another."""
    (found,) = (
        each.rule for each in rules_in("rules:\n" + text).values() if each.rule not in ENVIRONMENT
    )
    return found


def overrides(text: str, rules: str = WARM) -> str:
    return f"overrides:\n{dedent(text)}rules:\n{rules}"


def seconds(count: int) -> timedelta:
    return timedelta(seconds=count)


def test_a_rule_has_levels_with_hysteresis_and_times() -> None:
    assert the_rule(WARM) == Rule(
        rule_id="warm",
        kind="threshold",
        alert_type="freezer_c_warm",
        sensor="freezer_c",
        levels=(
            Level(
                name="warning",
                high=-15,
                clear_high=-18,
                hold=seconds(300),
                clear_hold=seconds(120),
                min_count=3,
            ),
            Level(name="critical", high=-5, clear_high=-5),
        ),
    )


def test_a_rule_may_be_of_what_is_too_low() -> None:
    rule = the_rule(
        "- {id: dry, kind: below, sensor: soil, levels: [{name: low, open: 10, clear: 12}]}"
    )

    assert rule.levels == (Level(name="low", low=10, clear_low=12),)


@pytest.mark.parametrize(
    ("clear", "clear_low", "clear_high"),
    [("", 980, 1040), (", clear: {low: 985, high: 1035}", 985, 1035)],
)
def test_a_rule_may_be_of_what_is_outside_of_two_limits(
    clear: str, clear_low: float, clear_high: float
) -> None:
    level = f"{{name: warning, open: {{low: 980, high: 1040}}{clear}}}"

    rule = the_rule(f"- {{id: p, kind: outside, sensor: hpa, levels: [{level}]}}")

    assert rule.levels == (
        Level(name="warning", low=980, high=1040, clear_low=clear_low, clear_high=clear_high),
    )


def test_a_rule_may_be_of_how_fast_a_value_changes() -> None:
    level = "{name: warning, open: {high: 0.5}, clear: {high: 0.1}}"

    rule = the_rule(f"- {{id: j, kind: rate, sensor: t, min_interval: 10s, levels: [{level}]}}")

    assert (rule.kind, rule.min_interval) == ("rate", seconds(10))
    assert rule.levels == (Level(name="warning", high=0.5, clear_high=0.1),)


def test_a_rule_may_be_of_a_sensor_that_no_longer_measures() -> None:
    rule = the_rule("- {id: s, kind: stale, sensor: t, timeout: 1h, severity: critical}")

    assert (rule.kind, rule.timeout, rule.sensor) == ("stale", seconds(3600), "t")
    assert rule.levels == (Level(name="critical"),)


def test_a_rule_may_be_of_a_device_that_is_silent() -> None:
    rule = the_rule(SILENT)

    assert (rule.kind, rule.timeout, rule.sensor) == ("offline", seconds(900), None)
    assert (rule.alert_type, rule.levels) == ("silent", (Level(name="warning"),))


def test_a_rule_may_say_everything_else_that_a_rule_has() -> None:
    rule = the_rule(
        WARM
        + """\
  alert_type: too_warm
  unit: °C
  summary: Close the door.
  max_gap: 10m
  grace: 0s
  resolve_on_silence: true
  flap: {openings: 6, within: 2h}
"""
    )

    assert (rule.alert_type, rule.unit, rule.summary) == ("too_warm", "°C", "Close the door.")
    assert (rule.max_gap, rule.grace, rule.resolve_on_silence) == (seconds(600), seconds(0), True)
    assert (rule.flap_openings, rule.flap_within) == (6, seconds(7200))


def test_a_file_without_rules_leaves_those_of_the_environment() -> None:
    assert [each.rule for each in rules_in("rules: []").values()] == sorted(
        ENVIRONMENT, key=lambda rule: rule.rule_id
    )


def test_a_rule_takes_the_place_of_that_of_the_environment_with_its_id() -> None:
    rule = the_rule(
        "- {id: humidity_high, kind: above, sensor: humidity, levels: [{name: warning, open: 80}]}"
    )

    assert (rule.alert_type, rule.unit) == ("humidity_high", "%")
    assert rule.levels == (Level(name="warning", high=80, clear_high=80),)


def test_a_rule_may_say_from_when_on_it_holds() -> None:
    text = "rules:\n" + WARM + "  valid_from: 2026-01-31T12:00:00Z\n"

    assert rules_in(text)["warm"].valid_from == datetime(2026, 1, 31, 12, tzinfo=UTC)


def test_an_override_changes_what_it_names_and_leaves_the_rest() -> None:
    text = """\
    - device: freezer-7
      rule: warm
      max_gap: 1m
      grace: 5s
      resolve_on_silence: true
      levels: [{name: warning, open: -12, for: 10m, clear_for: 0s, min_count: 1}]
    """

    (override,) = rules_in(overrides(text))["warm"].overrides

    assert override.device == "freezer-7"
    assert override.rule is not None
    assert override.rule.levels == (
        Level(name="warning", high=-12, clear_high=-18, hold=seconds(600)),
        Level(name="critical", high=-5, clear_high=-5),
    )
    assert (override.rule.max_gap, override.rule.grace) == (seconds(60), seconds(5))
    assert override.rule.resolve_on_silence


def test_without_hysteresis_it_is_clear_at_the_limit_wherever_an_override_puts_that() -> None:
    text = "- {device: x, rule: warm, levels: [{name: critical, open: 0}]}\n"

    (override,) = rules_in(overrides(text))["warm"].overrides

    assert override.rule is not None
    assert override.rule.levels[1] == Level(name="critical", high=0, clear_high=0)


def test_an_override_may_be_of_one_side_of_two() -> None:
    band = "{name: warning, open: {low: 980, high: 1040}, clear: {low: 985, high: 1035}}"
    rule = f"- {{id: p, kind: outside, sensor: hpa, levels: [{band}]}}\n"
    text = (
        "- {device: x, rule: p, levels: [{name: warning, open: {low: 900}, clear: {low: 910}}]}\n"
    )

    (override,) = rules_in(overrides(text, rule))["p"].overrides

    assert override.rule is not None
    assert override.rule.levels == (
        Level(name="warning", low=900, high=1040, clear_low=910, clear_high=1035),
    )


def test_an_override_may_be_of_a_rule_of_the_environment_and_switch_it_off() -> None:
    text = "- {device: '*', rule: humidity_low, enabled: false}\n"

    (override,) = rules_in(overrides(text))["humidity_low"].overrides

    assert (override.device, override.rule) == ("*", None)


def test_an_override_may_be_of_a_low_limit_of_the_environment() -> None:
    text = "- {device: x, rule: temperature_c_low, levels: [{name: warning, open: 0}]}\n"

    (override,) = rules_in(overrides(text))["temperature_c_low"].overrides

    assert override.rule is not None
    assert override.rule.levels[0] == Level(name="warning", low=0, clear_low=0)


def test_an_override_may_be_of_the_silence_that_is_too_long() -> None:
    text = "- {device: x, rule: silent, timeout: 1h}\n"

    (override,) = rules_in(overrides(text, SILENT))["silent"].overrides

    assert override.rule is not None
    assert override.rule.timeout == seconds(3600)
