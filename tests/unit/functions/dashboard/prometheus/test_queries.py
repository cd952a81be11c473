"""What is evaluated, what is refused and in which words; and what random queries seldom come to."""

import math
from datetime import timedelta
from typing import Any

import pytest

from functions.dashboard.prometheus.aggregations import highest
from functions.dashboard.prometheus.alerting import groups_of
from functions.dashboard.prometheus.arithmetic import divided, mean_of, power, remainder
from functions.dashboard.prometheus.catalogue import wanted_metrics
from functions.dashboard.prometheus.errors import QueryError
from functions.dashboard.prometheus.labels import Matcher
from functions.dashboard.prometheus.parser import parsed, selector_of
from functions.dashboard.prometheus.request import limit_of
from functions.dashboard.prometheus.selection import Need, alert_samples
from shared.alerts.rules.history import RuleHistory
from shared.alerts.rules.revisions import BEGINNING
from shared.alerts.rules.rule import Level, Rule
from tests.contract.dashboard.documents import NOON, episode
from tests.support.promql_evaluation import ours
from tests.support.promql_queries import T0, WINDOW

INFINITE = math.inf
AT = range(T0 + 20 * WINDOW, T0 + 23 * WINDOW, WINDOW)


def series(query: str) -> Any:
    status, found = ours(query, AT)
    assert status == 200, found
    return found


def values(query: str) -> list[str]:
    (one,) = series(query)
    return [value for _, value in one["values"]]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("sum(", "unclosed"),
        ("absent(t)", "absent() is not supported"),
        ("count_values('a', t)", "count_values() is not supported"),
        ("1 atan2 2", "atan2 is not supported"),
        ("t @ 4", "@ is not supported"),
        ("t[5m:1m]", "subquery is not supported"),
        ('"text"', "string is not supported"),
        ("t * on(device_id) group_left h", "group_left and group_right"),
        ('{device_id=~".*"}', "matcher"),
        ('{device_id=~"a" or device_id="b"}', "or between matchers"),
        ('t{device_id=~"(?x)a"}', "no regular expression"),
        (f't{{device_id=~"{"a" * 1_001}"}}', "longer than 1000"),
        ("-" * 150 + "t", "nested deeper"),
        ("t[5m]", "needs a function"),
        ("rate(t)", "expected type matrix"),
        ("sum(1)", "expected type vector"),
        ("1 == 2", "BOOL"),
    ],
)
def test_what_is_not_evaluated_is_refused_by_name(query: str, says: str) -> None:
    status, found = ours(query, AT)

    assert (status, says.lower() in found.lower()) == (400, True), found


def test_a_list_of_series_takes_a_selector_and_nothing_else() -> None:
    assert selector_of("t").matchers == (Matcher("__name__", "=", "t"),)
    with pytest.raises(QueryError, match="no selector"):
        selector_of("sum(t)")


def test_the_refusal_says_what_there_is() -> None:
    with pytest.raises(QueryError, match=r"avg_over_time.*topk.*unless"):
        parsed("absent(t)")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("-(1)", ["-1"] * 3),
        ("2 > bool 1", ["1"] * 3),
        ("1 / 0", ["+Inf"] * 3),
        ("-1 / 0", ["-Inf"] * 3),
        ("0 / 0", ["NaN"] * 3),
        ("5 % 0", ["NaN"] * 3),
        ("0 ^ -1", ["+Inf"] * 3),
        ("round(vector(1 / 0))", ["+Inf"] * 3),
        ("sqrt(vector(-1))", ["NaN"] * 3),
        ("clamp_min(vector(0 / 0), 1)", ["NaN"] * 3),
        ("scalar(vector(7))", ["7"] * 3),
        ("scalar(nothing)", ["NaN"] * 3),
        ("quantile(0 / 0, vector(1))", ["NaN"] * 3),
        ("avg(vector(1 / 0) or t)", ["+Inf"] * 3),
        ("topk(5, vector(1))", ["1"] * 3),
    ],
)
def test_numbers_that_are_none_are_as_ieee_754_has_them(query: str, expected: list[str]) -> None:
    assert values(query) == expected


def test_a_clamp_with_its_bounds_turned_round_is_empty() -> None:
    assert series("clamp(t, 5, 1)") == []


def test_of_nothing_the_highest_are_none() -> None:
    assert series("topk(0, t)") == []
    assert series("topk(0 / 0, t)") == []


def test_the_lowest_are_found_in_a_heap_of_several() -> None:
    values = [5.0, 1.0, 4.0, 2.0, 3.0, 0.5, 6.0]

    lowest = highest(values, 4, is_bottom=True)
    top = highest(values, 4, is_bottom=False)

    assert sorted(values[place] for place in lowest) == [0.5, 1.0, 2.0, 3.0]
    assert sorted(values[place] for place in top) == [3.0, 4.0, 5.0, 6.0]


def test_two_on_the_left_for_one_on_the_right_are_refused() -> None:
    status, found = ours("t * on() vector(1)", AT)

    assert (status, "many-to-one" in found) == (422, True)


def test_arithmetic_at_its_edges() -> None:
    assert mean_of([INFINITE, 1.0, INFINITE]) == INFINITE
    assert math.isnan(divided(math.nan, 0.0))
    assert divided(1.0, -0.0) == -INFINITE
    assert math.isnan(remainder(INFINITE, 2.0))
    assert power(10.0, 400.0) == INFINITE
    assert power(-10.0, 401.0) == -INFINITE
    assert power(-0.0, -1.0) == -INFINITE
    assert power(0.0, -2.0) == INFINITE
    assert math.isnan(power(-1.0, 0.5))


def test_a_label_that_no_series_has_selects_none() -> None:
    assert wanted_metrics([Matcher("job", "=", "x")], ["t"]) == ()


def test_a_limit_is_a_number() -> None:
    assert limit_of({"limit": ["7"]}, 10) == 7
    with pytest.raises(QueryError, match="whole number"):
        limit_of({"limit": ["few"]}, 10)


def test_alerts_of_other_labels_are_none_of_the_series() -> None:
    selector = selector_of('ALERTS{device_id="oven"}')
    need = Need(selector, 0, int(NOON.timestamp() * 1e3) + WINDOW)

    assert alert_samples(selector, [episode(1)], need, WINDOW, need.end) == []


def test_an_alert_is_there_as_it_begins_and_at_each_window() -> None:
    selector = selector_of("ALERTS")
    start = int(NOON.timestamp() * 1e3)
    late = Need(selector, start + 2 * WINDOW, start + 3 * WINDOW)

    (whole,) = alert_samples(
        selector, [episode(1)], Need(selector, start, start + WINDOW), WINDOW, start + WINDOW + 1
    )
    (some,) = alert_samples(selector, [episode(1)], late, WINDOW, late.end + 1)

    assert whole.times == [start + WINDOW // 2, start + WINDOW]
    assert some.times == [start + 2 * WINDOW, start + 3 * WINDOW]


def rule(kind: Any, **more: Any) -> Rule:
    level = Level(name="warning", high=2.0 if kind == "rate" else None, low=None)
    return Rule(rule_id="r", kind=kind, alert_type="r", levels=(level,), **more)


@pytest.mark.parametrize(
    ("one", "query"),
    [
        (rule("rate", sensor="t", summary="fast"), "change per second of t > 2"),
        (rule("offline", timeout=timedelta(minutes=5)), "seconds without a reading > 300"),
    ],
)
def test_a_rule_says_what_it_watches(one: Rule, query: str) -> None:
    (group,) = groups_of({"r": RuleHistory("r", ((BEGINNING, one),))}, [])

    assert (group["rules"][0]["query"], group["rules"][0]["state"]) == (query, "inactive")


def test_without_rules_there_is_no_group() -> None:
    assert groups_of({"r": RuleHistory("r", ((BEGINNING, None),))}, []) == []
