"""Which readings are asked for, so that many pairs come with one query."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from functions.aggregate.refresh.read_plan import (
    MANY_DEVICES,
    Range,
    halves,
    ranges_of,
    whole_windows,
)
from functions.aggregate.store.pairs import Pair

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PAIRS = st.sets(
    st.builds(
        Pair, st.sampled_from("abcd"), st.integers(0, 9).map(lambda minute: NOON + minute * MINUTE)
    ),
    min_size=1,
)


def _held(ranges: list[Range]) -> set[Pair]:
    """Return the pairs all of whose readings are in some range."""
    return {
        Pair(device_id, one.start + n * MINUTE)
        for one in ranges
        for device_id in one.device_ids
        for n in range((one.end - one.start) // MINUTE)
    }


def test_neighbouring_windows_of_one_device_are_one_range() -> None:
    pairs = [Pair("a", NOON + n * MINUTE) for n in (0, 1, 2, 5)]

    assert [(one.start, one.end) for one in ranges_of(pairs, 60)] == [
        (NOON, NOON + 3 * MINUTE),
        (NOON + 5 * MINUTE, NOON + 6 * MINUTE),
    ]


def test_many_devices_of_one_window_are_one_range() -> None:
    pairs = [Pair(name, NOON) for name in "abc"]

    (one,) = ranges_of(pairs, 60)

    assert (one.device_ids, one.start, one.end) == (("a", "b", "c"), NOON, NOON + MINUTE)


@given(PAIRS)
def test_ranges_hold_every_pair_once(pairs: set[Pair]) -> None:
    ranges = ranges_of(sorted(pairs), 60)

    assert sorted(pair for one in ranges for pair in one.pairs) == sorted(pairs)
    assert pairs <= _held(ranges)


@given(PAIRS)
def test_halves_hold_what_the_range_held(pairs: set[Pair]) -> None:
    several = [one for one in ranges_of(sorted(pairs), 60) if len(one.pairs) > 1]

    for one in several:
        parts = halves(one, 60)
        assert sorted(pair for part in parts for pair in part.pairs) == sorted(one.pairs)
        assert len(parts) > 1


def test_a_window_is_read_whole_where_very_many_of_its_devices_are_wanted() -> None:
    many = [Pair(str(n), NOON) for n in range(MANY_DEVICES + 1)]
    few = [Pair(str(n), NOON + MINUTE) for n in range(MANY_DEVICES)]

    assert list(whole_windows([*many, *few])) == [NOON]
