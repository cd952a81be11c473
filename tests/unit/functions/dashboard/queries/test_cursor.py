import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.dashboard.queries.cursor import (
    Position,
    WrongCursor,
    _check,
    cursor_of,
    position_of,
)

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


def forged(milliseconds: object, row_id: object) -> str:
    """Return a cursor as a client can make it that knows how: the check is no secret."""
    content = [milliseconds, row_id, _check(milliseconds, row_id, "alerts{}")]
    return urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def test_a_forged_cursor_is_a_position_like_any_other() -> None:
    assert position_of(forged(0, "a"), "alerts{}").row_id == "a"


@pytest.mark.parametrize(
    ("milliseconds", "row_id"),
    [
        (0, "\ud800"),
        (0, "a\udfffb"),
        (0, None),
        (0, 7),
        (0, ["a"]),
        (0, {"$gt": ""}),
        (1.5, "a"),
        (True, "a"),
        (None, "a"),
        ("0", "a"),
        (float("nan"), "a"),
        (float("inf"), "a"),
        (10**15, "a"),
        (-(10**15), "a"),
        (10**400, "a"),
    ],
)
def test_a_forged_cursor_that_is_no_position_is_refused(
    milliseconds: object, row_id: object
) -> None:
    with pytest.raises(WrongCursor):
        position_of(forged(milliseconds, row_id), "alerts{}")
