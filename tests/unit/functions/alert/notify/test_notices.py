"""What a change of an alert tells: one notice or none, with an id of its own."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.alert.notify.notices import notice_id_of, notices_for, told_of
from tests.support.notices import NOON, alert, ended


@pytest.mark.parametrize("kind", ["opened", "escalated", "deescalated", "reopened"])
def test_a_change_of_an_alert_that_lasts_is_one_notice_of_its_kind(kind: str) -> None:
    (notice,) = notices_for(kind, alert(severity="critical"), 7)

    assert (notice.kind, notice.uid, notice.level, notice.order) == (kind, "a1", "critical", 7)


@pytest.mark.parametrize("kind", ["resolved", "retracted", "late_opened"])
def test_so_is_one_of_an_alert_that_is_over(kind: str) -> None:
    assert [notice.kind for notice in notices_for(kind, ended(), 1)] == [kind]


def test_an_amendment_is_not_told() -> None:
    assert notices_for("amended", alert(), 1) == []


def test_what_is_no_change_of_an_alert_is_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match="'digest' is no change of an alert"):
        notices_for("digest", alert(), 1)


def test_the_same_change_makes_the_same_id_and_another_commit_another() -> None:
    ids = [notices_for("opened", alert(), commit)[0].notice_id for commit in (1, 1, 2)]

    assert ids[0] == ids[1] != ids[2]


words = st.text(max_size=9)


@given(
    st.tuples(words, words, words, words),
    st.tuples(words, words, words, words),
)
def test_two_notices_have_one_id_only_if_all_four_words_are_the_same(
    one: tuple[str, str, str, str], other: tuple[str, str, str, str]
) -> None:
    assert (notice_id_of(*one) == notice_id_of(*other)) == (one == other)


def test_words_do_not_run_into_each_other() -> None:
    assert notice_id_of("a", "bc", "", "") != notice_id_of("ab", "c", "", "")


@pytest.mark.parametrize("kind", ["opened", "reopened", "escalated", "deescalated"])
def test_of_a_stretch_of_flapping_all_openings_are_one_notice(kind: str) -> None:
    since = {"is_flapping": True, "flapping_since": NOON}

    (first,) = notices_for("opened", alert("a1", **since), 4)
    (later,) = notices_for(kind, alert("a2", severity="critical", **since), 9)

    assert first.kind == later.kind == "flapping"
    assert first.notice_id == later.notice_id


def test_another_stretch_another_device_or_another_rule_is_another_notice() -> None:
    changes: list[dict[str, Any]] = [
        {"flapping_since": NOON},
        {"flapping_since": NOON + timedelta(hours=3)},
        {"flapping_since": NOON, "device_id": "greenhouse-2"},
        {"flapping_since": NOON, "rule_id": "humidity_low"},
    ]

    ids = {notices_for("opened", alert(**change), 1)[0].notice_id for change in changes}

    assert len(ids) == 4


def test_without_the_beginning_of_a_stretch_each_alert_is_one() -> None:
    ids = {notices_for("opened", alert(uid, is_flapping=True), 1)[0].notice_id for uid in "aab"}

    assert len(ids) == 2


def test_what_opened_late_while_the_rule_flaps_is_not_told() -> None:
    assert notices_for("late_opened", ended(is_flapping=True), 1) == []


def test_an_end_while_the_rule_flaps_is_told_to_who_knows_of_the_opening() -> None:
    assert [one.kind for one in notices_for("resolved", ended(is_flapping=True), 1)] == ["resolved"]


def test_an_alert_that_lasts_when_the_flapping_stops_is_told_as_opened() -> None:
    (notice,) = notices_for("amended", alert(), 5, was_flapping=True)

    assert notice.kind == "opened"
    assert notices_for("amended", ended(), 5, was_flapping=True) == []
    assert notices_for("amended", alert(is_flapping=True), 5, was_flapping=True) == []


def test_what_people_are_told_holds_nothing_of_how_it_is_stored() -> None:
    told = told_of(alert(state_rev=4, version=2, ended=None))

    assert {"device_id", "severity", "message", "started"} <= set(told)
    assert not {"_id", "state_rev", "version", "ended"} & set(told)
