"""What becomes of an alert, state by state: the table, by example."""

from dataclasses import replace
from typing import Any

import pytest

from shared.alerts.rules.rule import Level
from shared.alerts.timeline.fold import Run, quiet_track, run
from shared.alerts.timeline.track import START, Track
from tests.support.alert_examples import (
    LATER,
    MUCH_TOO_WARM,
    TOO_WARM,
    folded,
    only,
    readings,
    rule,
    seconds,
    spans,
    versions,
)
from tests.support.alert_oracle import at


@pytest.mark.parametrize(
    ("level", "values", "expected"),
    [
        # what fires
        ({}, [(0, 51)], [(0, 0, None)]),
        ({}, [(0, 50)], []),
        ({"hold": seconds(10)}, [(0, 51), (9, 51)], []),
        ({"hold": seconds(10)}, [(0, 51), (10, 51)], [(0, 10, None)]),
        ({"hold": seconds(10)}, [(0, 51), (30, 40)], [(0, 10, 30)]),
        ({"hold": seconds(10)}, [(0, 51), (5, 48), (10, 51)], []),
        ({"hold": seconds(10)}, [(0, 51), (61, 51)], [(0, 10, None)]),
        ({"hold": seconds(90)}, [(0, 51), (61, 51), (95, 51)], []),
        ({"min_count": 3}, [(0, 51), (1, 51)], []),
        ({"min_count": 3}, [(0, 51), (1, 51), (2, 51)], [(0, 2, None)]),
        ({"min_count": 2, "hold": seconds(5)}, [(0, 51), (9, 51)], [(0, 9, None)]),
        # what ends
        ({}, [(0, 51), (1, 48)], [(0, 0, None)]),
        ({}, [(0, 51), (1, 45)], [(0, 0, 1)]),
        ({"clear_high": 50}, [(0, 51), (1, 50)], [(0, 0, 1)]),
        ({"clear_hold": seconds(5)}, [(0, 51), (1, 40), (5, 40)], [(0, 0, None)]),
        ({"clear_hold": seconds(5)}, [(0, 51), (1, 40), (6, 40)], [(0, 0, 1)]),
        ({"clear_hold": seconds(5)}, [(0, 51), (1, 40), (4, 51), (8, 40)], [(0, 0, None)]),
        ({"clear_hold": seconds(5)}, [(0, 51), (1, 40), (4, 48), (8, 40)], [(0, 0, None)]),
        ({"clear_hold": seconds(90)}, [(0, 51), (1, 40), (70, 40), (95, 40)], [(0, 0, None)]),
        # what comes again
        ({}, [(0, 51), (1, 40), (2, 51)], [(0, 0, 1), (2, 2, None)]),
    ],
)
def test_a_level_fires_and_ends_as_the_table_says(
    level: dict[str, Any],
    values: list[tuple[float, float]],
    expected: list[tuple[float, float, float | None]],
) -> None:
    found = folded(rule(replace(TOO_WARM, **level)), *values)

    assert spans(found) == expected


@pytest.mark.parametrize(
    ("level", "values", "until", "expected"),
    [
        ({"hold": seconds(10)}, [(0, 51)], 9.999, []),
        ({"hold": seconds(10)}, [(0, 51)], 10, [(0, 10, None)]),
        ({"hold": seconds(61)}, [(0, 51)], LATER, []),
        ({"hold": seconds(10), "min_count": 2}, [(0, 51)], LATER, []),
        ({"clear_hold": seconds(5)}, [(0, 51), (1, 40)], 5.999, [(0, 0, None)]),
        ({"clear_hold": seconds(5)}, [(0, 51), (1, 40)], 6, [(0, 0, 1)]),
        ({"clear_hold": seconds(61)}, [(0, 51), (1, 40)], LATER, [(0, 0, None)]),
        ({}, [(0, 51)], LATER, [(0, 0, None)]),
    ],
)
def test_time_alone_fires_and_ends_what_the_last_value_still_holds(
    level: dict[str, Any], values: Any, until: float, expected: Any
) -> None:
    found = folded(rule(replace(TOO_WARM, **level)), *values, until=until)

    assert spans(found) == expected


def test_a_fold_says_when_time_next_matters() -> None:
    said = rule(replace(TOO_WARM, hold=seconds(10), clear_hold=seconds(5)), resolve_on_silence=True)

    assert folded(said, (0, 40)).due is None
    assert folded(said, (0, 51)).due == at(10)
    assert folded(said, (0, 51), until=10).due == at(60.001)
    assert folded(said, (0, 51), (20, 40)).due == at(25)
    assert folded(said, (0, 51), (20, 40), until=25).due is None


def test_where_the_rule_says_so_silence_ends_an_alert_with_its_last_reading() -> None:
    found = folded(rule(TOO_WARM, resolve_on_silence=True), (0, 51), (5, 48), until=65.001)

    assert spans(found) == [(0, 0, 5)]
    assert only(found).end_reason == "no_data"


def test_an_alert_that_silence_ends_does_not_end_before_it_fired() -> None:
    level = replace(TOO_WARM, hold=seconds(10))

    found = folded(rule(level, resolve_on_silence=True), (0, 51), until=LATER)

    assert spans(found) == [(0, 10, 10)]


def test_one_alert_rises_and_falls_through_the_levels() -> None:
    found = only(folded(rule(TOO_WARM, MUCH_TOO_WARM), (0, 51), (1, 61), (2, 52), (3, 40)))

    assert found.level_changes == (
        (at(0), "warning"),
        (at(1), "critical"),
        (at(2), "warning"),
        (at(3), None),
    )
    assert (found.severity, found.rank) == ("warning", 0)
    assert (found.highest_severity, found.highest_rank) == ("critical", 1)


def test_two_levels_that_fire_with_one_reading_are_one_alert_of_the_higher() -> None:
    found = only(folded(rule(TOO_WARM, MUCH_TOO_WARM), (0, 61)))

    assert found.level_changes == ((at(0), "critical"),)


def test_a_lower_level_that_fires_late_goes_on_with_the_alert_that_had_ended() -> None:
    levels = (replace(TOO_WARM, hold=seconds(10)), MUCH_TOO_WARM)
    values = ((0, 61), (4, 52), (9, 52))

    before = only(folded(rule(*levels), *values))
    after = only(folded(rule(*levels), *values, (11, 52)))

    assert (before.started, before.ended) == (at(0), at(4))
    assert (after.started, after.ended, after.severity) == (at(0), None, "warning")
    assert after.level_changes == (
        (at(0), "critical"),
        (at(4), None),
        (at(10), "warning"),
    )


def test_a_level_with_an_earlier_breach_moves_the_start_of_the_alert_back() -> None:
    levels = (replace(TOO_WARM, hold=seconds(10)), MUCH_TOO_WARM)

    found = only(folded(rule(*levels), (0, 51), (5, 61), (12, 51)))

    assert (found.started, found.fired) == (at(0), at(5))
    assert found.opened_by == ("id0", "id1")


def test_the_peak_is_the_value_farthest_beyond_the_limit_and_the_first_of_equal_ones() -> None:
    band = Level(name="warning", low=0, high=50)

    found = only(folded(rule(band), (0, 51), (1, -3), (2, 53), (3, 52)))

    assert (found.peak, found.peak_at) == (-3, at(1))


def test_an_alert_names_the_readings_that_opened_and_closed_it() -> None:
    level = replace(TOO_WARM, hold=seconds(2), clear_hold=seconds(2))

    found = only(folded(rule(level), (0, 51), (1, 51), (2, 51), (3, 40), (4, 40), (5, 40)))

    assert (found.opened_by, found.closed_by) == (("id0", "id1"), ("id3", "id4"))


def test_alerts_that_fire_often_are_flapping_until_none_fires_for_a_while() -> None:
    flaps = {"flap_openings": 3, "flap_within": seconds(10)}
    values = [(time, value) for time in (0, 2, 4, 13, 24) for value in (51, 40)]

    found = folded(rule(TOO_WARM, **flaps), *values).episodes

    assert [one.openings for one in found] == [1, 2, 3, 2, 1]
    assert [one.flapping_since for one in found] == [None, None, at(4), at(4), None]
    assert [one.is_flapping for one in found] == [False, False, True, True, False]


def test_an_alert_that_changes_its_level_for_ever_stays_bounded() -> None:
    values = [(float(time), 61.0 if time % 2 else 52.0) for time in range(1, 200)]

    changes = only(folded(rule(TOO_WARM, MUCH_TOO_WARM), *values)).level_changes

    assert len(changes) == 51
    assert changes[0] == (at(1), "critical")
    assert changes[-1] == (at(199), "critical")


def test_readings_before_a_new_version_keep_the_old_one() -> None:
    history = versions((-1, rule(TOO_WARM, version=1)), (10, rule(MUCH_TOO_WARM, version=2)))

    found = run(history, START, readings((0, 51), (1, 40), (11, 52), (12, 61)), None)

    assert spans(found) == [(0, 0, 1), (12, 12, None)]
    assert [one.rule_version for one in found.episodes] == [1, 2]


def test_a_level_of_the_same_name_goes_on_under_a_new_version() -> None:
    wider = replace(TOO_WARM, high=55)
    history = versions((-1, rule(TOO_WARM, version=1)), (10, rule(wider, version=2)))

    found = run(history, START, readings((0, 51), (11, 52), (12, 44)), None)

    assert spans(found) == [(0, 0, 12)]


def test_a_level_that_a_new_version_does_not_have_ends_with_its_first_reading() -> None:
    history = versions((-1, rule(TOO_WARM, version=1)), (10, rule(MUCH_TOO_WARM, version=2)))

    found = run(history, START, readings((0, 51), (11, 52)), None)

    assert spans(found) == [(0, 0, 11)]
    assert only(found).end_reason == "rule_removed"


def test_a_rule_that_is_removed_ends_its_alert_then() -> None:
    history = versions((-1, rule(TOO_WARM)), (10, None))

    assert run(history, START, readings((0, 51)), at(9)).due == at(10)
    assert spans(run(history, START, readings((0, 51)), at(10))) == [(0, 0, 10)]


def test_a_rule_that_comes_back_begins_anew() -> None:
    history = versions((-1, rule(TOO_WARM)), (10, None), (20, rule(TOO_WARM, version=2)))

    found = run(history, START, readings((0, 51), (21, 51)), None)

    assert spans(found) == [(0, 0, 10), (21, 21, None)]


def test_a_rule_that_watches_another_sensor_begins_anew() -> None:
    other = rule(TOO_WARM, sensor="u", version=2)
    history = versions((-1, rule(TOO_WARM)), (10, other))

    found = run(history, START, readings((0, 51), (11, 51)), None)

    assert spans(found) == [(0, 0, 10), (11, 11, None)]


def test_where_no_rule_holds_nothing_is_folded() -> None:
    found = run(versions((10, rule(TOO_WARM))), START, readings((0, 51)), at(LATER))

    assert (found.episodes, found.track.position, found.due) == ((), (at(0), "id0"), None)


def test_without_readings_nothing_is_due() -> None:
    assert folded(rule(TOO_WARM), until=LATER) == Run(START, (), (), None)


def test_where_no_rule_holds_a_fold_can_start_too() -> None:
    position = (at(0), "id0")

    assert quiet_track(versions((10, rule(TOO_WARM))), position) == Track(position=position)
