"""What holds for every timeline: order, duplicates, pieces and ticks do not change it."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.alerts.rules.history import RuleHistory
from shared.alerts.rules.rule import Kind, Level, Rule
from shared.alerts.timeline.episode import Episode
from shared.alerts.timeline.fold import Run, quiet_track, run
from shared.alerts.timeline.sample import Position, Sample, in_order
from shared.alerts.timeline.track import START, Track
from tests.support.alert_oracle import at
from tests.support.alert_schedules import KINDS, LONG_BEFORE, sample_sets, schedules
from tests.support.readings import QUICK

OF_EACH_KIND = pytest.mark.parametrize("kind", KINDS)
MILLISECOND = timedelta(milliseconds=1)
ANY_TIME = at(10**8)
NEVER = (ANY_TIME, "")
_TRACKS = TypeAdapter(Track)


def stored(track: Track) -> Track:
    """Give the track as it comes back from where it was kept."""
    return Track.from_document(track.to_document())


def in_pieces(
    history: RuleHistory, samples: list[Sample], cuts: list[int], bounds: list[datetime | None]
) -> Run:
    """Fold piece by piece, with a bound after each that the next does not see."""
    over: list[Episode] = []
    edges = [0, *sorted(cuts), len(samples)]
    result = run(history, START, [], None)
    for start, end, bound in zip(edges, edges[1:], bounds, strict=False):
        result = run(history, stored(result.track), samples[start:end], bound)
        before, over = over, [*over, *result.over]
    return Run(result.track, tuple(over), (*before, *result.episodes), result.due)


@OF_EACH_KIND
@QUICK
@given(data=st.data())
def test_i1_the_order_in_which_readings_come_does_not_matter(kind: Kind, data: Any) -> None:
    history, samples, bound = data.draw(schedules(kind))
    shuffled = data.draw(st.permutations(samples))

    assert run(history, START, in_order(shuffled), bound) == run(history, START, samples, bound)


@OF_EACH_KIND
@QUICK
@given(data=st.data())
def test_i2_readings_that_come_again_do_not_matter(kind: Kind, data: Any) -> None:
    history, samples, bound = data.draw(schedules(kind))
    again = data.draw(st.lists(st.sampled_from(samples))) if samples else []

    twice = in_order([*samples, *again])

    assert run(history, START, twice, bound) == run(history, START, samples, bound)


@OF_EACH_KIND
@QUICK
@given(data=st.data())
def test_i3_batches_of_any_size_give_the_same_and_ticks_between_them_do_not_matter(
    kind: Kind, data: Any
) -> None:
    history, samples, bound = data.draw(schedules(kind))
    cuts = data.draw(st.lists(st.integers(0, len(samples)), max_size=4))
    ticks = [data.draw(st.none() | st.integers(0, 400).map(at)) for _ in cuts]

    pieces = in_pieces(history, samples, cuts, [*ticks, bound])

    assert pieces == run(history, START, samples, bound)


@OF_EACH_KIND
@QUICK
@given(data=st.data())
def test_i6_how_often_time_is_told_changes_nothing_but_when_it_is_known(
    kind: Kind, data: Any
) -> None:
    history, samples, _ = data.draw(schedules(kind))
    early, late = sorted(data.draw(st.lists(st.integers(0, 400), min_size=2, max_size=2)))
    track = run(history, START, samples, at(early)).track

    assert run(history, track, [], at(late)).track == track
    assert track == run(history, START, samples, None).track


@OF_EACH_KIND
@QUICK
@given(data=st.data())
def test_i7_any_checkpoint_before_a_late_reading_is_one_to_go_on_from(
    kind: Kind, data: Any
) -> None:
    history, samples, bound = data.draw(schedules(kind))
    cut = data.draw(st.integers(0, len(samples)))

    checkpoint = run(history, START, samples[:cut], None).track
    refolded = run(history, checkpoint, samples[cut:], bound)

    assert (refolded.track, refolded.due) == _end_of(run(history, START, samples, bound))


def _end_of(result: Run) -> tuple[Track, datetime | None]:
    return result.track, result.due


@QUICK
@given(data=st.data())
def test_i12_silence_resolves_nothing_that_a_breach_holds_open(data: Any) -> None:
    rule = Rule(
        rule_id="r",
        kind="threshold",
        alert_type="t_high",
        sensor="t",
        levels=(Level(name="warning", high=0, clear_hold=timedelta(seconds=5)),),
    )
    history = RuleHistory("r", ((LONG_BEFORE, rule),))
    samples = data.draw(sample_sets(history))
    ends = [*samples, Sample(at(5_000), "f" * 44, 9.0)]

    *_, last = run(history, START, ends, ANY_TIME).episodes

    assert last.is_open


@QUICK
@given(data=st.data())
def test_i13_a_wild_clock_on_one_device_leaves_another_as_it_was(data: Any) -> None:
    history, samples, bound = data.draw(schedules())
    wild = [Sample(at(200_000_000_000), "f" * 44, 9.0)]
    alone = run(history, START, samples, bound)

    run(history, START, wild, bound)

    assert run(history, START, samples, bound) == alone


@OF_EACH_KIND
@QUICK
@given(data=st.data())
def test_a_track_comes_back_from_json_and_from_a_document_as_it_was(kind: Kind, data: Any) -> None:
    history, samples, _ = data.draw(schedules(kind))

    track = run(history, START, samples, None).track

    assert stored(track) == track
    assert _TRACKS.validate_json(_TRACKS.dump_json(track)) == track


@pytest.mark.parametrize("kind", ["threshold", "stale", "offline"])
@QUICK
@given(data=st.data())
def test_where_an_episode_has_settled_a_fold_can_start(kind: Kind, data: Any) -> None:
    history, samples, bound = data.draw(schedules(kind))
    whole = run(history, START, samples, bound)
    settled = [one.settled for one in whole.episodes if one.settled is not None]

    assert [refolded(history, whole, samples, one, bound) for one in settled] == (
        [whole.episodes] * len(settled)
    )


@QUICK
@given(data=st.data())
def test_a_fold_can_start_wherever_all_levels_are_ok(data: Any) -> None:
    history, samples, bound = data.draw(schedules())
    whole = run(history, START, samples, bound)
    tracks = [run(history, START, samples[:end], None).track for end in range(len(samples) + 1)]
    quiet = [track.position for track in tracks if track.is_quiet and track.position is not None]

    assert [refolded(history, whole, samples, one, bound) for one in quiet] == (
        [whole.episodes] * len(quiet)
    )


def refolded(
    history: RuleHistory,
    whole: Run,
    samples: list[Sample],
    position: Position,
    bound: datetime | None,
) -> tuple[Episode, ...]:
    """Fold again from a position at which all is OK, knowing the episodes before it."""
    before = tuple(one for one in whole.episodes if (one.settled or NEVER) <= position)
    start = quiet_track(history, position, before)
    return (*before, *run(history, start, [s for s in samples if s[:2] > position], bound).episodes)


@OF_EACH_KIND
@QUICK
@given(data=st.data())
def test_nothing_changes_before_it_is_due(kind: Kind, data: Any) -> None:
    history, samples, bound = data.draw(schedules(kind))
    found = run(history, START, samples, bound)
    just_before = ANY_TIME if found.due is None else found.due - MILLISECOND
    later = max(just_before, bound or just_before)

    assert run(history, START, samples, later).episodes == found.episodes


@OF_EACH_KIND
@QUICK
@given(data=st.data())
def test_what_was_due_is_not_due_again(kind: Kind, data: Any) -> None:
    history, samples, bound = data.draw(schedules(kind))
    due = run(history, START, samples, bound).due or ANY_TIME

    again = run(history, START, samples, due).due

    assert again is None or again > due


@OF_EACH_KIND
@QUICK
@given(data=st.data())
def test_episodes_are_in_order_and_share_no_time(kind: Kind, data: Any) -> None:
    history, samples, bound = data.draw(schedules(kind))

    episodes = run(history, START, samples, bound).episodes

    assert all(_follows(*pair) for pair in pairwise(episodes))


def _follows(one: Episode, other: Episode) -> bool:
    assert one.ended is not None
    return one.started <= one.ended <= other.started
