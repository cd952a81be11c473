from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.dashboard.queries.cursor import Position, WrongCursor, cursor_of, position_of

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
times = st.datetimes(timezones=st.just(UTC)).map(
    lambda t: t.replace(microsecond=t.microsecond // 1000 * 1000)
)
texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(times, texts, texts)
def test_a_cursor_gives_back_the_position_it_was_made_of(at: datetime, row: str, to: str) -> None:
    position = Position(at, row)

    assert position_of(cursor_of(position, to), to) == position


def test_a_cursor_of_other_filters_is_refused() -> None:
    cursor = cursor_of(Position(NOON, "a"), 'alerts{"severity":"warning"}')

    with pytest.raises(WrongCursor):
        position_of(cursor, 'alerts{"severity":"critical"}')


@given(st.text())
def test_a_text_that_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(WrongCursor):
        position_of(text, "alerts{}")


@pytest.mark.parametrize(
    "text", ["", "e30", "W10", "WzFd", "bnVsbA", "WzEsMiwzXQ", "W1tbXV0sMSwiYSJd", "é", "=" * 1024]
)
def test_json_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(WrongCursor):
        position_of(text, "alerts{}")
