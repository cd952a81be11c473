"""What counts as a difference from the recorded KafkaSource."""

import json
from pathlib import Path

from tests.conformance.comparison import (
    Difference,
    differences,
    groups_of,
    known_differences,
    objections,
)


def line(group: str, scenario: str, **fields: object) -> str:
    return json.dumps({"group": group, "scenario": scenario, **fields})


def test_equal_lines_do_not_differ() -> None:
    lines = [line("fmt", "bin", attempts=1), line("fmt", "~commit", committed=["end"])]

    assert differences(lines, lines) == []


def test_a_field_that_differs_is_named_with_both_values() -> None:
    found = differences([line("fmt", "bin", attempts=1)], [line("fmt", "bin", attempts=2)])

    assert found == [Difference("fmt", "bin", "attempts", 1, 2)]


def test_a_scenario_that_is_missing_differs() -> None:
    recorded = [line("fmt", "bin", attempts=1), line("fmt", "raw", attempts=1)]

    found = differences(recorded, [line("fmt", "bin", attempts=1)])

    assert Difference("fmt", "raw", "attempts", 1, None) in found


def test_each_of_several_lines_of_a_scenario_is_compared() -> None:
    recorded = [line("stuck", "~commit", first=1), line("stuck", "~commit", first=2)]
    observed = [line("stuck", "~commit", first=9), line("stuck", "~commit", first=2)]

    assert differences(recorded, observed) == [Difference("stuck", "~commit", "first", 1, 9)]


def test_groups_that_were_not_run_are_not_compared() -> None:
    recorded = [line("fmt", "bin", attempts=1), line("exp", "x", attempts=4)]

    assert differences(recorded, recorded[:1]) == []
    assert groups_of(recorded) == ["fmt", "exp"]


def test_a_listed_difference_is_no_objection_but_one_that_is_gone_is() -> None:
    listed = [Difference("a", "x", "f", 1, 2), Difference("b", "y", "f", 1, 2)]

    assert objections(listed[:1], listed, ["a"]) == []
    assert objections(listed[:1], listed, ["a", "b"]) == [
        "listed, but not seen: b y f: real 1, ours 2"
    ]


def test_a_difference_that_is_not_listed_is_an_objection() -> None:
    found = [Difference("a", "x", "f", 1, 2)]

    assert objections(found, [], ["a"]) == ["a x f: real 1, ours 2"]


def test_each_difference_that_remains_has_its_reason(root: Path) -> None:
    assert known_differences(root / "tests" / "conformance" / "differences.yaml") != []
