"""What KafkaSource does with an answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_dev.eventing.retry_policy import (
    Accepted,
    DeadLetter,
    TryAgainIn,
    backoff_s,
    decide,
    max_poll_interval_ms,
)
from tests.support.manifests import a_rule

RULE = a_rule(3, "exponential", delay_s=0.5, timeout_s=10)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_an_answer_below_300_is_accepted(status: int) -> None:
    assert decide(RULE, 1, status) == Accepted()


@pytest.mark.parametrize("status", [404, 408, 409, 429, 500, 501, 503, 505, 599, None])
def test_a_retryable_failure_is_tried_again(status: int | None) -> None:
    assert decide(RULE, 1, status) == TryAgainIn(1.0)


@pytest.mark.parametrize("status", [300, 301, 304, 400, 401, 403, 405, 410, 422, 499])
def test_any_other_failure_is_dead_lettered_at_once(status: int) -> None:
    decision = decide(RULE, 1, status)

    assert decision == DeadLetter(f"{status} is not retried", response_is_reported=True)


def test_the_event_is_dead_lettered_when_its_retries_are_used_up() -> None:
    assert isinstance(decide(RULE, 3, 503), TryAgainIn)
    assert decide(RULE, 4, 503) == DeadLetter("3 retries are used up", response_is_reported=True)


def test_a_delay_of_nothing_switches_retries_off_and_hides_the_answer() -> None:
    rule = a_rule(3, "exponential", delay_s=0)

    decision = decide(rule, 1, 503)

    assert decision == DeadLetter("backoffDelay 0 switches retries off", response_is_reported=False)


def test_exponential_waits_begin_at_twice_the_delay() -> None:
    assert [backoff_s(RULE, retry) for retry in (1, 2, 3)] == [1.0, 2.0, 4.0]


def test_linear_waits_grow_by_the_delay() -> None:
    rule = a_rule(3, "linear", delay_s=0.5)

    assert [backoff_s(rule, retry) for retry in (1, 2, 3)] == [0.5, 1.0, 1.5]


@given(attempt=st.integers(1, 20), status=st.none() | st.integers(200, 599))
def test_no_event_is_tried_more_often_than_its_rule_says(attempt: int, status: int | None) -> None:
    decision = decide(RULE, attempt, status)

    assert not isinstance(decision, TryAgainIn) or attempt <= RULE.retry


def test_the_poll_interval_has_room_for_two_polls_of_slow_records() -> None:
    rule = a_rule(2, "linear", delay_s=1, timeout_s=10)

    assert max_poll_interval_ms(rule) == 100 * (10 * 3 + 1 + 2 + 2) * 1000


def test_the_poll_interval_ends_at_javas_largest_int() -> None:
    rule = a_rule(10, "exponential", delay_s=60, timeout_s=600)

    assert max_poll_interval_ms(rule) == 2**31 - 1
