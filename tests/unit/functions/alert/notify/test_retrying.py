"""What becomes of a notice after an attempt."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.alert.notify.retrying import (
    LONGEST_WAIT,
    WAITS,
    Answer,
    Outcome,
    next_wait,
    outcome_of,
)
from tests.support.notices import NOON


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.DELIVERED),
        (202, Outcome.DELIVERED),
        (299, Outcome.DELIVERED),
        (None, Outcome.AGAIN),
        (302, Outcome.AGAIN),
        (408, Outcome.AGAIN),
        (425, Outcome.AGAIN),
        (429, Outcome.AGAIN),
        (500, Outcome.AGAIN),
        (503, Outcome.AGAIN),
        (410, Outcome.OFF),
        (400, Outcome.STUCK),
        (401, Outcome.STUCK),
        (404, Outcome.STUCK),
        (422, Outcome.STUCK),
    ],
)
def test_an_answer_means(status: int | None, outcome: Outcome) -> None:
    assert outcome_of(Answer(status)) is outcome


def test_attempts_are_further_and_further_apart_over_three_days() -> None:
    waits = [next_wait(attempts, Answer(503), NOON) for attempts in range(1, len(WAITS) + 2)]

    assert waits == [*WAITS, None]
    assert list(WAITS) == sorted(WAITS)
    assert timedelta(days=2, hours=20) < sum(WAITS, timedelta()) < timedelta(days=3, hours=4)


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [
        ("120", timedelta(minutes=2)),
        (" 120 ", timedelta(minutes=2)),
        ("1", WAITS[0]),
        ("99999999999999999999", LONGEST_WAIT),
        ("Sat, 31 Jan 2026 12:10:00 GMT", timedelta(minutes=10)),
        ("Sat, 31 Jan 2026 12:10:00 -0000", timedelta(minutes=10)),
        ("Sat, 31 Jan 2026 11:00:00 GMT", WAITS[0]),
        ("Fri, 31 Jan 2031 11:00:00 GMT", LONGEST_WAIT),
        ("soon", WAITS[0]),
        ("²", WAITS[0]),
        ("", WAITS[0]),
    ],
)
def test_a_target_says_how_long_to_wait(retry_after: str, wait: timedelta) -> None:
    assert next_wait(1, Answer(429, retry_after=retry_after), NOON) == wait


@given(st.text(max_size=40), st.integers(1, len(WAITS)))
def test_whatever_a_target_says_the_wait_is_between_ours_and_a_day(text: str, count: int) -> None:
    wait = next_wait(count, Answer(503, retry_after=text), NOON)

    assert wait is not None
    assert WAITS[count - 1] <= wait <= LONGEST_WAIT
