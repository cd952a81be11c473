"""How far a consumer is behind, and whether its topic is still the same."""

from __future__ import annotations

import pytest

from local_dev.eventing.assignment import Assignment
from local_dev.eventing.topic_probe import TopicShape, TopicState

TWO = TopicShape("id-1", 2)
ASSIGNED = Assignment(frozenset({0, 1}), {0: 5}, TWO)


def state(*ends: int, identity: str = "id-1", start: int = 0) -> TopicState:
    numbers = range(len(ends))
    shape = TopicShape(identity, len(ends))
    return TopicState(shape, dict.fromkeys(numbers, start), dict(zip(numbers, ends, strict=True)))


def test_what_was_committed_or_settled_is_not_behind() -> None:
    assert ASSIGNED.lag_behind(state(8, 3), {}) == 3 + 3
    assert ASSIGNED.lag_behind(state(8, 3), {0: 7, 1: 3}) == 1


def test_what_retention_deleted_is_not_behind() -> None:
    assert ASSIGNED.lag_behind(state(8, 8, start=7), {}) == 2


def test_nobody_is_further_than_the_end() -> None:
    assert ASSIGNED.lag_behind(state(3, 0), {0: 9}) == 0


def test_partitions_of_other_members_do_not_count() -> None:
    assert ASSIGNED.without([1]).lag_behind(state(8, 90), {}) == 3


@pytest.mark.parametrize(
    ("assignment", "present"),
    [
        pytest.param(ASSIGNED.without([0, 1]), state(8, 3), id="no partition"),
        pytest.param(ASSIGNED, state(8, 3, 0), id="a partition was added"),
        pytest.param(ASSIGNED, state(8, 3, identity="id-2"), id="another topic"),
        pytest.param(Assignment(frozenset({0})), state(8), id="of which topic is not known"),
    ],
)
def test_a_lag_that_cannot_be_known_is_unknown(assignment: Assignment, present: TopicState) -> None:
    assert assignment.lag_behind(present, {}) is None


def test_a_topic_is_another_one_by_its_identity_and_not_by_its_partitions() -> None:
    assert not ASSIGNED.is_of_another(TopicShape("id-1", 3))
    assert ASSIGNED.is_of_another(TopicShape("id-2", 2))
    assert ASSIGNED.is_of_another(None)


def test_as_long_as_the_topic_is_not_known_none_is_another() -> None:
    assert not Assignment().is_of_another(TWO)
    assert not Assignment().is_of_another(None)
