"""A back-test: alerts under old and new rules, side by side."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import pytest

from functions.alert.backtest.__main__ import main
from functions.alert.backtest.backtest import Backtest
from functions.alert.backtest.report import Report
from functions.alert.proposed_rules import proposed
from shared.alerts.rules.history import RuleBook
from shared.alerts.rules.rule import Level, Rule
from shared.alerts.rules.rule_set import StatedRule
from tests.support.alert_examples import TOO_WARM, rule, seconds
from tests.support.alert_oracle import at

WARM = rule(TOO_WARM, rule_id="warm", sensor="temperature_c")
OFFLINE = rule(
    Level(name="warning"), rule_id="offline", kind="offline", sensor=None, timeout=seconds(60)
)
END = at(100)
DEVICES = {
    "a": [(0, 40.0), (10, 52.0), (20, 40.0)],
    "b": [(0, 40.0), (10, 58.0), (20, 40.0), (30, 52.0)],
    "c": [(0, 40.0)],
    "d": [],
}


class HeldReadings:
    """Readings of devices, a page each two."""

    def __init__(self, devices: Mapping[str, Sequence[tuple[float, float]]]) -> None:
        self._devices = devices

    async def devices(self) -> AsyncIterator[str]:
        for device_id in self._devices:
            yield device_id

    async def pages(
        self, device_id: str, start: datetime, end: datetime
    ) -> AsyncIterator[Sequence[dict[str, Any]]]:
        found = [
            {"_id": f"{number:044x}", "ts": at(time), "received_at": at(time), "temperature_c": v}
            for number, (time, v) in enumerate(self._devices[device_id])
            if start <= at(time) < end
        ]
        for first in range(0, len(found), 2):
            yield found[first : first + 2]


def book(*rules: Rule) -> RuleBook:
    return proposed(tuple(StatedRule(rule=one) for one in rules))


def report_of(old: RuleBook, new: RuleBook, most: int = 10, budget: int | None = None) -> Report:
    report = Report(at(0), END, most, "revision 1", budget)
    held = HeldReadings(DEVICES)
    asyncio.run(Backtest(old, new, at(0), END, END).run(held, held.devices(), report))
    return report


def limit(high: float) -> Rule:
    return rule(Level(name="warning", high=high), rule_id="warm", sensor="temperature_c")


def verdicts(report: Report) -> list[tuple[str, str]]:
    return [(one["device_id"], one["verdict"]) for one in report.summary()["episodes"]]


def test_the_same_rules_raise_the_same_alerts() -> None:
    report = report_of(book(WARM), book(WARM))

    assert verdicts(report) == [("a", "same"), ("b", "same"), ("b", "same")]


def test_a_limit_that_is_higher_takes_alerts_away() -> None:
    assert verdicts(report_of(book(limit(50)), book(limit(55)))) == [
        ("a", "gone"),
        ("b", "same"),
        ("b", "gone"),
    ]


def test_a_limit_that_is_lower_adds_alerts_and_is_over_the_budget() -> None:
    old, new = book(limit(55)), book(limit(50))

    assert verdicts(report_of(old, new)) == [("a", "added"), ("b", "same"), ("b", "added")]
    assert report_of(old, new, budget=2).is_within_budget
    assert not report_of(old, new, budget=1).is_within_budget


def test_an_alert_that_starts_or_ends_elsewhere_is_changed() -> None:
    later = rule(
        Level(name="warning", high=50, hold=seconds(5)), rule_id="warm", sensor="temperature_c"
    )

    assert verdicts(report_of(book(WARM), book(later)))[0] == ("a", "changed")


def test_another_version_of_the_same_rule_is_the_same() -> None:
    old = book(limit(55)).publish((StatedRule(rule=limit(50), valid_from=at(-1)),), at(-1))

    assert {verdict for _, verdict in verdicts(report_of(old, book(limit(50))))} == {"same"}


def test_rules_of_receipts_are_tried_too() -> None:
    report = report_of(book(WARM), book(WARM, OFFLINE))

    # only c is silent for a minute before END, less the grace of half a minute
    assert report.summary()["by_device"]["c"]["offline"]["added"] == 1
    assert report.summary()["rules"]["offline"]["added"] == 1


def test_the_counts_are_by_rule_and_by_device() -> None:
    summary = report_of(book(limit(50)), book(limit(55))).summary()

    counts = {"old": 3, "new": 1, "same": 1, "changed": 0, "added": 0, "gone": 2}
    assert (summary["devices"], summary["readings"]) == (3, 8)
    assert summary["rules"] == {"warm": counts}
    assert summary["by_device"]["a"] == {
        "warm": {"old": 1, "new": 0, "same": 0, "changed": 0, "added": 0, "gone": 1}
    }
    assert {name: summary[name] for name in counts} == counts


def test_only_so_many_alerts_are_listed_and_the_rest_counted() -> None:
    summary = report_of(book(WARM), book(WARM), most=2).summary()

    assert (len(summary["episodes"]), summary["episodes_left_out"]) == (2, 1)
    assert summary["same"] == 3


def test_for_people_what_differs_is_listed() -> None:
    report = report_of(book(limit(50)), book(limit(55)), budget=3)

    lines = report.lines(is_json=False)

    assert lines[0].startswith("- a  old: warm warning: 2026-01-31T00:00:10.000Z to ")
    assert lines[2:] == [
        "3 devices, 8 readings, old rules: revision 1",
        "warm: old 3, new 1, same 1, changed 0, added 0, gone 2",
        "all rules: old 3, new 1, same 1, changed 0, added 0, gone 2, may be added 3",
    ]


def test_for_machines_all_of_it_is_json() -> None:
    report = report_of(book(WARM), book(WARM))

    (line,) = report.lines(is_json=True)

    assert json.loads(line) == report.summary()


def test_two_alerts_that_start_at_one_time_are_both_compared() -> None:
    flicker = HeldReadings({"a": [(0, 52.0), (0, 40.0), (0, 53.0)]})
    report = Report(at(0), END, 10, "revision 1", None)

    backtest = Backtest(book(WARM), book(WARM), at(0), END, END)
    asyncio.run(backtest.run(flicker, flicker.devices(), report))

    assert verdicts(report) == [("a", "same"), ("a", "same")]


AWAY = {"MONGO_URL": "mongodb://127.0.0.1:9", "MONGO_TIMEOUT_MS": "100"}


def test_rules_that_are_wrong_end_it_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--rules", "/nowhere.yaml"], AWAY) == 2

    assert "ALERT_RULES_FILE='/nowhere.yaml': cannot be read" in capsys.readouterr().err


def test_a_database_that_does_not_respond_ends_it_with_1(
    root: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = str(root / "tests" / "events" / "alert-rules" / "rules.yaml")

    assert main(["--rules", rules], AWAY) == 1

    assert "stopped: backtest: the database" in capsys.readouterr().err


def test_a_time_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--rules", "r.yaml", "--from", "soon"], AWAY)

    assert "must be an RFC 3339 time" in capsys.readouterr().err
