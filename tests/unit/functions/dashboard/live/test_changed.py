from functions.dashboard.live.changed import (
    MOST_READ,
    MOST_REMEMBERED,
    MOST_TOLD,
    Changed,
    History,
    plan,
)
from functions.dashboard.live.interest import Interest, Kind
from functions.dashboard.live.position import Position
from tests.support.live_feed import ALL, device


def remembered(*seconds: int) -> History:
    history = History(Position(0, 0))
    for second in seconds:
        history.add(Changed(Position(second, 1), device(f"d{second}")))
    return history


def test_a_client_gets_what_changed_after_its_position_and_at_it() -> None:
    assert remembered(1, 2, 3).since(Position(2, 1)) == device("d2", "d3")


def test_nothing_changed_after_the_last() -> None:
    assert remembered(1, 2).since(Position(9, 0)) == frozenset()


def test_what_changed_before_the_stream_began_is_not_known() -> None:
    assert History(Position(5, 0)).since(Position(4, 9)) is None


def test_the_oldest_is_forgotten_where_it_is_too_much() -> None:
    history = History(Position(0, 0))
    half = device(*(str(number) for number in range(MOST_REMEMBERED // 2 + 1)))
    history.add(Changed(Position(1, 1), half))
    history.add(Changed(Position(2, 1), half))

    assert history.since(Position(1, 0)) is None
    assert history.since(Position(1, 1)) == half


def test_rows_that_several_want_are_read_once() -> None:
    changes, anew = plan(device("a", "b"), [ALL, Interest(frozenset({Kind.DEVICE}))])

    assert [one.row_id for one in changes] == ["a", "b"]
    assert not anew


def test_rows_that_nobody_wants_are_not_read() -> None:
    assert plan(device("a"), [Interest(frozenset({Kind.ALERT}))]) == ([], frozenset())


def test_whoever_wants_too_many_at_once_reads_anew() -> None:
    changes = device(*(str(number) for number in range(MOST_TOLD + 1)))
    one = Interest(frozenset(Kind), frozenset({"7"}))

    read, anew = plan(changes, [ALL, one])

    assert [row.row_id for row in read] == ["7"]
    assert anew == {ALL}


def test_of_many_that_want_different_rows_no_more_are_read_than_a_bound() -> None:
    devices = [[f"{group}-{n}" for n in range(MOST_TOLD)] for group in range(10)]
    interests = [Interest(frozenset(Kind), frozenset(some)) for some in devices]

    read, anew = plan(device(*(one for some in devices for one in some)), interests)

    assert len(read) == MOST_READ
    assert len(anew) == len(interests) - MOST_READ // MOST_TOLD
