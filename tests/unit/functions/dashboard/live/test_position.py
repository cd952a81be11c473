import pytest

from functions.dashboard.live.position import Position, position_in


def test_a_position_is_read_as_it_is_written() -> None:
    assert position_in(str(Position(1_764_000_000, 7))) == Position(1_764_000_000, 7)


@pytest.mark.parametrize(
    "text", ["", "1", "1.", ".1", "-1.1", "1.1.1", "4294967296.0", "0.4294967296", "1.1\n"]
)
def test_any_other_text_is_none(text: str) -> None:
    assert position_in(text) is None


def test_positions_follow_each_other_by_time_and_number() -> None:
    assert Position(1, 2) < Position(2, 1) < Position(2, 2)


def test_nothing_is_before_1970() -> None:
    assert Position(5, 3).earlier_by(10) == Position(0, 3)
