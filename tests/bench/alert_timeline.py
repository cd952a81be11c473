"""Measures the fold of a back-test over generated readings, as a ratio to a bare loop over them.

`python -m tests.bench.alert_timeline`; nothing but Python is needed. Both sets of rules are the
four of the environment and three more: a rate, a stale sensor, a device that is offline.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

from functions.alert.backtest.comparison import pairs_of
from functions.alert.backtest.device_timeline import DeviceTimeline
from functions.alert.proposed_rules import proposed
from shared.alerts.rules.environment import rules_of
from shared.alerts.rules.history import RuleBook
from shared.alerts.rules.rule import Level, Rule
from shared.alerts.rules.rule_set import StatedRule
from shared.settings import ThresholdSettings
from tests.support.alert_oracle import at

PAGE = 5_000
DEVICES = 20
Pages = Sequence[Sequence[dict[str, Any]]]


def main() -> None:
    """Measure quiet readings and such of which every tenth changes a timeline."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readings", type=int, default=100_000)
    options = parser.parse_args()
    for name, every in {"quiet": 0, "every tenth a change": 10}.items():
        print(f"{name}: {line_of(options.readings, every)}")


def line_of(count: int, every: int) -> str:
    """Give what a reading costs under both sets of rules, and the bare loop over its value."""
    devices = [list(pages(count // DEVICES, every, seed)) for seed in range(DEVICES)]
    old, new = book(50), book(51)
    bare = _seconds(lambda: [_bare(one) for one in devices])
    folded = _seconds(lambda: [_backtest(one, old, new) for one in devices])
    us = folded / count * 1e6
    return f"{us:.1f} us a reading, {folded / bare:.0f} times a bare loop"


def pages(count: int, every: int, seed: int) -> Iterator[Sequence[dict[str, Any]]]:
    """Give readings of one device, one a second."""
    random = Random(seed)
    for first in range(0, count, PAGE):
        yield [_reading(number, every, random) for number in range(first, min(first + PAGE, count))]


def book(limit: float) -> RuleBook:
    """Give the rules of the environment with this highest temperature, and three more."""
    rules = rules_of(ThresholdSettings(temp_max_threshold=limit))
    rate = Rule(
        rule_id="rate",
        kind="rate",
        alert_type="temperature_c_rate",
        sensor="temperature_c",
        levels=(Level(name="warning", high=100),),
    )
    silence = Level(name="warning")
    stale = replace(rate, rule_id="stale", kind="stale", levels=(silence,), timeout=_MINUTE)
    offline = replace(stale, rule_id="offline", kind="offline", sensor=None)
    return proposed(tuple(StatedRule(rule=one) for one in (*rules, rate, stale, offline)))


def _reading(number: int, every: int, random: Random) -> dict[str, Any]:
    is_hot = every and number // every % 2
    return {
        "_id": f"{number:044x}",
        "ts": at(number),
        "received_at": at(number + 1),
        "temperature_c": random.uniform(52, 60) if is_hot else random.uniform(10, 40),
        "humidity": random.uniform(20, 80),
    }


def _bare(device: Pages) -> float:
    highest = 0.0
    for page in device:
        for reading in page:
            highest = max(highest, reading["temperature_c"])
    return highest


def _backtest(device: Pages, old: RuleBook, new: RuleBook) -> int:
    timelines = [DeviceTimeline(one.histories_for("device")) for one in (old, new)]
    for page in device:
        for timeline in timelines:
            timeline.add(page)
    before, after = (timeline.end(at(10**7)) for timeline in timelines)
    return sum(len(pairs_of("device", name, before[name], after[name])) for name in before)


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


_MINUTE = timedelta(minutes=1)

if __name__ == "__main__":
    main()
