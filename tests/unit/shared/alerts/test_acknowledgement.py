from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.alerts.acknowledgement import (
    KEPT_ACTIONS,
    Action,
    changes_nothing,
    rank_of,
    standing,
    with_action,
)

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
WARNING = {"_id": "a", "severity": "warning", "rank": 0}
ACTIONS = st.builds(
    Action,
    action_id=st.sampled_from("abcdef"),
    at=st.integers(0, 3).map(lambda s: NOON + timedelta(seconds=s)),
    actor=st.sampled_from(["ann", "bob"]),
    kind=st.sampled_from(["acknowledged", "unacknowledged"]),
    comment=st.sampled_from(["", "seen"]),
)


def act(alert: dict[str, Any], action: Action) -> dict[str, Any]:
    return {**alert, **with_action(alert, action)}


def acknowledged(
    seconds: float = 0,
    action_id: str = "a",
    *,
    actor: str = "ann",
    comment: str = "",
    until: datetime | None = None,
) -> Action:
    at = NOON + timedelta(seconds=seconds)
    return Action(action_id, at, actor, "acknowledged", comment, until)


def taken_back(seconds: float, action_id: str = "b") -> Action:
    return replace(acknowledged(seconds, action_id), kind="unacknowledged")


def test_an_acknowledgement_says_who_when_why_and_of_which_level() -> None:
    until = NOON + timedelta(hours=1)

    alert = act(WARNING, acknowledged(comment="on my way", until=until))

    assert alert["acknowledgement"] == {
        "id": "a",
        "at": NOON,
        "actor": "ann",
        "comment": "on my way",
        "rank": 0,
        "until": until,
    }


def test_one_that_is_taken_back_is_gone_and_both_are_on_record() -> None:
    alert = act(act(WARNING, acknowledged()), taken_back(1))

    assert alert["acknowledgement"] is None
    assert [one["kind"] for one in alert["operator_actions"]] == ["acknowledged", "unacknowledged"]


@given(st.lists(ACTIONS, unique_by=lambda one: one.action_id), st.randoms())
def test_the_order_of_writing_changes_nothing(actions: list[Action], random: Any) -> None:
    shuffled = list(actions)
    random.shuffle(shuffled)

    assert reduce(act, actions, WARNING) == reduce(act, shuffled, WARNING)


@given(st.lists(ACTIONS, min_size=1))
def test_writing_one_twice_changes_nothing(actions: list[Action]) -> None:
    once = reduce(act, actions, WARNING)

    assert act(once, actions[0]) == once


def test_of_two_at_one_time_the_greater_by_actor_and_id_wins() -> None:
    by_bob = acknowledged(0, "0", actor="bob")
    by_ann = acknowledged(0, "1", actor="ann")

    assert act(act(WARNING, by_bob), by_ann)["acknowledgement"]["actor"] == "bob"


def test_one_that_comes_late_is_on_record_and_changes_nothing_else() -> None:
    alert = act(act(WARNING, taken_back(5)), acknowledged(0))

    assert alert["acknowledgement"] is None
    assert len(alert["operator_actions"]) == 2


def test_one_that_comes_late_does_not_bring_back_what_ended() -> None:
    ended = {**act(WARNING, acknowledged(5)), "acknowledgement": None}

    assert act(ended, acknowledged(0, "0"))["acknowledgement"] is None


def test_the_newest_are_kept() -> None:
    actions = [acknowledged(n, str(n)) for n in range(KEPT_ACTIONS + 5)]

    alert: dict[str, Any] = reduce(act, reversed(actions), WARNING)

    assert [one["id"] for one in alert["operator_actions"]] == [
        one.action_id for one in actions[-KEPT_ACTIONS:]
    ]


@pytest.mark.parametrize(("rank", "holds"), [(0, True), (1, True), (2, False)])
def test_it_holds_up_to_the_level_that_was_seen(rank: int, *, holds: bool) -> None:
    alert = act({**WARNING, "rank": 1}, acknowledged())

    assert (standing({**alert, "rank": rank}) is not None) is holds


@pytest.mark.parametrize(("seconds", "holds"), [(59.999, True), (60, False), (61, False)])
def test_it_holds_until_its_end_and_no_longer(seconds: float, *, holds: bool) -> None:
    alert = act(WARNING, acknowledged(until=NOON + timedelta(minutes=1)))

    assert (standing(alert, NOON + timedelta(seconds=seconds)) is not None) is holds


def test_without_a_time_its_end_is_left_to_others() -> None:
    alert = act(WARNING, acknowledged(until=NOON))

    assert standing(alert) == alert["acknowledgement"]


@pytest.mark.parametrize(
    ("second", "is_same"),
    [
        (acknowledged(9, "z", comment="seen"), True),
        (acknowledged(9, "z", comment="other"), False),
        (acknowledged(9, "z", comment="seen", actor="bob"), False),
        (acknowledged(9, "z", comment="seen", until=NOON + timedelta(hours=1)), False),
        (taken_back(9), False),
    ],
)
def test_the_same_again_changes_nothing(second: Action, *, is_same: bool) -> None:
    alert = act(WARNING, acknowledged(comment="seen"))

    assert changes_nothing(alert, second, NOON) is is_same


def test_an_acknowledgement_of_a_higher_level_is_a_new_one() -> None:
    alert = {**act(WARNING, acknowledged()), "rank": 1}

    assert not changes_nothing(alert, acknowledged(1), NOON)


def test_taking_back_what_is_not_there_changes_nothing() -> None:
    assert changes_nothing(WARNING, taken_back(0), NOON)


@pytest.mark.parametrize(
    ("alert", "rank"),
    [
        ({"severity": "critical", "rank": 3}, 3),
        ({"severity": "warning"}, 0),
        ({"severity": "critical"}, 1),
        ({"severity": "fatal"}, 0),
    ],
)
def test_an_alert_of_old_has_the_rank_of_its_severity(alert: dict[str, Any], rank: int) -> None:
    assert rank_of(alert) == rank
