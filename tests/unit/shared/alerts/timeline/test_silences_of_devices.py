"""Rules of silence: a sensor that does not measure, a device of which nothing comes."""

from dataclasses import replace

import pytest

from shared.alerts.rules.rule import Kind, Level
from shared.alerts.timeline.fold import run
from shared.alerts.timeline.track import START
from tests.support.alert_examples import (
    LATER,
    folded,
    only,
    readings,
    rule,
    seconds,
    spans,
    versions,
)
from tests.support.alert_oracle import at

STALE = rule(Level(name="warning"), kind="stale", timeout=seconds(10))


@pytest.mark.parametrize("kind", ["stale", "offline"])
@pytest.mark.parametrize(
    ("times", "until", "expected"),
    [
        ([0, 10], 10, []),
        ([0, 10.001], 10.001, [(0, 10, 10.001)]),
        ([0], 10, []),
        ([0], 10.001, [(0, 10, None)]),
        ([0, 30], 30, [(0, 10, 30)]),
        ([0, 30], 45, [(0, 10, 30), (30, 40, None)]),
    ],
)
def test_nothing_for_longer_than_the_timeout_is_an_alert(
    kind: Kind, times: list[float], until: float, expected: list[tuple[float, float, float | None]]
) -> None:
    found = folded(replace(STALE, kind=kind), *((time, 0.0) for time in times), until=until)

    assert spans(found) == expected


def test_a_late_reading_that_fills_the_gap_takes_the_alert_away() -> None:
    assert folded(STALE, (0, 0), (8, 0), (16, 0)).episodes == ()


def test_the_peak_of_a_silence_is_how_long_it_was() -> None:
    assert only(folded(STALE, (0, 0), until=LATER)).peak == 10
    assert only(folded(STALE, (0, 0), (30, 0))).peak == 30


def test_a_silence_is_due_when_its_time_is_over() -> None:
    assert folded(STALE, (0, 0)).due == at(10.001)
    assert folded(STALE, (0, 0), until=10.001).due is None


def test_a_silence_that_begins_before_the_rule_is_removed_ends_with_it() -> None:
    history = versions((-1, STALE), (20, None))

    assert spans(run(history, START, readings((0, 0)), at(LATER))) == [(0, 10, 20)]
    assert run(history, START, readings((0, 0)), at(15)).due == at(20)
    assert run(history, START, readings((15, 0)), at(LATER)).episodes == ()
    assert run(history, START, readings((15, 0)), None).due is None


def test_the_timeout_is_that_of_the_version_of_the_last_reading() -> None:
    longer = replace(STALE, timeout=seconds(100), version=2)
    history = versions((-1, STALE), (5, longer))

    found = run(history, START, readings((0, 0), (20, 0), (60, 0)), None)

    assert spans(found) == [(0, 10, 20)]
