"""Up to where a partition may be committed."""

from hypothesis import given
from hypothesis import strategies as st

from local_dev.eventing.offsets import OffsetTracker


def tracker_of(*offsets: int) -> OffsetTracker:
    tracker = OffsetTracker()
    for offset in offsets:
        tracker.received(offset)
    return tracker


def settle(tracker: OffsetTracker, *offsets: int) -> None:
    for offset in offsets:
        tracker.settled(offset)


def test_nothing_is_committed_before_the_first_record_is_done_with() -> None:
    tracker = tracker_of(5, 6)

    tracker.settled(6)

    assert tracker.take_commit() is None


def test_an_open_record_holds_the_commit() -> None:
    tracker = tracker_of(5, 6, 7)

    tracker.settled(5)
    tracker.settled(7)

    assert tracker.take_commit() == 6


def test_offsets_that_transactions_left_out_do_not_hold_the_commit() -> None:
    tracker = tracker_of(5, 9)

    tracker.settled(5)
    tracker.settled(9)

    assert tracker.take_commit() == 10


def test_what_was_committed_is_not_committed_again() -> None:
    tracker = tracker_of(5)
    tracker.settled(5)

    first, second = tracker.take_commit(), tracker.take_commit()

    assert (first, second) == (6, None)


@given(st.permutations(range(12)), st.integers(0, 12))
def test_the_commit_is_the_first_record_that_is_not_done_with(order: list[int], done: int) -> None:
    tracker = tracker_of(*range(12))

    settle(tracker, *order[:done])

    still_open = set(range(12)) - set(order[:done])
    expected = min(still_open, default=12)
    assert (tracker.next_offset or 0) == expected
