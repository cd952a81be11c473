"""What a new timeline does to the alerts that are stored."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.alerts.timeline.changes import Change, StoredEpisode, changes, uid_of
from shared.alerts.timeline.episode import Episode
from shared.alerts.timeline.fold import run
from shared.alerts.timeline.track import START
from tests.support.alert_examples import TOO_WARM, folded, only, rule
from tests.support.alert_oracle import at
from tests.support.alert_schedules import schedules
from tests.support.readings import QUICK

ONE = only(folded(rule(TOO_WARM), (0, 51)))


def episode(start: float, end: float | None = None, **other: Any) -> Episode:
    ended = None if end is None else at(end)
    return replace(ONE, started=at(start), fired=at(start), ended=ended, **other)


def stored(
    uid: str, start: float, end: float | None = None, *, is_retracted: bool = False
) -> StoredEpisode:
    return StoredEpisode(uid, episode(start, end), is_retracted)


def told(found: Any) -> list[tuple[str, str]]:
    return [(change.kind, change.uid) for change in found]


@pytest.mark.parametrize(
    ("before", "now", "kind"),
    [
        (episode(0), episode(0, peak=60.0), "amended"),
        (episode(0), episode(-5), "amended"),
        (episode(0, 9), episode(0, 5), "amended"),
        (episode(0), episode(0, rank=1), "escalated"),
        (episode(0, rank=1), episode(0), "deescalated"),
        (episode(0), episode(0, 9), "resolved"),
        (episode(0, 9), episode(0), "reopened"),
    ],
)
def test_an_alert_that_differs_keeps_its_uid(before: Episode, now: Episode, kind: str) -> None:
    found = changes("d", [StoredEpisode("u", before)], [now])

    assert found == [Change(kind, "u", now, before)]  # type: ignore[arg-type]  # one of the kinds


def test_an_alert_that_does_not_differ_has_no_change() -> None:
    assert changes("d", [stored("u", 0, 9)], [episode(0, 9)]) == []


def test_a_new_alert_is_opened_and_one_that_was_over_when_it_was_found_is_late() -> None:
    found = changes("d", [], [episode(0, 9), episode(20)])

    assert told(found) == [
        ("late_opened", uid_of("d", episode(0))),
        ("opened", uid_of("d", episode(20))),
    ]


def test_an_alert_that_never_was_is_retracted() -> None:
    found = changes("d", [stored("u", 0, 9)], [])

    assert found == [Change("retracted", "u", None, episode(0, 9))]


def test_what_was_retracted_is_not_retracted_again() -> None:
    assert changes("d", [stored("u", 0, 9, is_retracted=True)], []) == []


def test_what_was_retracted_lives_again_under_its_uid() -> None:
    gone = [stored("u", 0, 9, is_retracted=True), stored("v", 20, 29, is_retracted=True)]

    found = changes("d", gone, [episode(1, 8), episode(21)])

    assert told(found) == [("late_opened", "u"), ("reopened", "v")]


def test_a_living_alert_goes_before_a_retracted_one_of_the_same_time() -> None:
    both = [stored("gone", 0, 100, is_retracted=True), stored("lives", 90, 100)]

    assert told(changes("d", both, [episode(0, 100)])) == [("amended", "lives")]


def test_of_alerts_that_become_one_the_one_of_the_longest_overlap_stays() -> None:
    found = changes("d", [stored("short", 0, 9), stored("long", 20, 90)], [episode(0, 90)])

    assert told(found) == [("retracted", "short"), ("amended", "long")]


def test_of_an_alert_that_becomes_two_the_longer_part_keeps_its_uid() -> None:
    found = changes("d", [stored("u", 0, 90)], [episode(0, 9), episode(20, 90)])

    assert told(found) == [("late_opened", uid_of("d", episode(0))), ("amended", "u")]


def test_of_equal_overlaps_the_earliest_counts() -> None:
    found = changes("d", [stored("a", 0, 10), stored("b", 20, 30)], [episode(0, 30)])

    assert told(found) == [("retracted", "b"), ("amended", "a")]


def test_a_uid_that_is_taken_is_not_given_again() -> None:
    first, second = uid_of("d", episode(0)), uid_of("d", episode(0), 1)

    found = changes("d", [stored(first, 50, 60)], [episode(0, 9), episode(50, 60)], [second])

    assert told(found) == [("late_opened", uid_of("d", episode(0), 2))]


@QUICK
@given(data=st.data())
def test_i11_nothing_is_resolved_that_was_not_opened(data: Any) -> None:
    history, samples, bound = data.draw(schedules())
    arrival = data.draw(st.permutations(samples))
    seen = [sorted(arrival[: count + 1]) for count in range(len(arrival))]

    steps, alerts = played([run(history, START, some, bound).episodes for some in seen])

    assert [step for step in steps if step not in STEPS] == []
    living = [one.episode for one in alerts if not one.is_retracted]
    assert sorted(living, key=_start) == list(run(history, START, samples, bound).episodes)


def played(
    timelines: Sequence[Sequence[Episode]],
) -> tuple[list[tuple[str, ...]], list[StoredEpisode]]:
    """Store one timeline after the other; give each change of a state, and what is stored."""
    alerts: dict[str, StoredEpisode] = {}
    steps: list[tuple[str, ...]] = []
    for episodes in timelines:
        for change in changes("d", list(alerts.values()), episodes):
            before = _state(alerts.get(change.uid))
            alerts[change.uid] = _after(change)
            steps.append((before, change.kind, _state(alerts[change.uid])))
    return steps, list(alerts.values())


STEPS = {
    ("none", "opened", "open"),
    ("none", "late_opened", "ended"),
    ("open", "amended", "open"),
    ("open", "escalated", "open"),
    ("open", "deescalated", "open"),
    ("open", "resolved", "ended"),
    ("open", "retracted", "retracted"),
    ("ended", "reopened", "open"),
    ("ended", "amended", "ended"),
    ("ended", "retracted", "retracted"),
    ("retracted", "reopened", "open"),
    ("retracted", "late_opened", "ended"),
}


def _state(one: StoredEpisode | None) -> str:
    if one is None:
        return "none"
    if one.is_retracted:
        return "retracted"
    return "open" if one.episode.is_open else "ended"


def _after(change: Change) -> StoredEpisode:
    episode_now = change.episode or change.before
    assert episode_now is not None
    return StoredEpisode(change.uid, episode_now, is_retracted=change.episode is None)


def _start(one: Episode) -> Any:
    return one.started
