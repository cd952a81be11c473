"""What becomes of a row that is due."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.alert.notify.deciding import Decision, Surroundings, decide
from functions.alert.notify.notices import CLOSING, OPENING
from tests.support.notices import NOON, alert, ended

LASTING = sorted(OPENING)


def row(kind: str, order: int = 10, status: str = "waiting", **fields: Any) -> dict[str, Any]:
    made = {"_id": f"{kind}{order}", "kind": kind, "order": order, "status": status}
    return made | {"next_attempt": NOON} | fields


def heard(kind: str, order: int, **fields: Any) -> dict[str, Any]:
    return row(kind, order, "delivered", **fields)


def sees(*others: dict[str, Any], **fields: Any) -> Surroundings:
    """Return what a decision sees beside the row: by default an alert that lasts, and no more."""
    plain: dict[str, Any] = {
        "alert": alert(),
        "silence": None,
        "is_storm": False,
        "keeps_state": False,
        "now": NOON,
    }
    return Surroundings(others=others, **(plain | fields))


@pytest.mark.parametrize("kind", LASTING)
def test_the_first_that_a_target_hears_of_an_alert_is_that_it_opened(kind: str) -> None:
    assert decide(row(kind), sees()) == Decision("send", "opened")


@pytest.mark.parametrize("kind", ["escalated", "deescalated", "reopened"])
def test_what_follows_is_told_as_what_it_is(kind: str) -> None:
    assert decide(row(kind), sees(heard("opened", 1))) == Decision("send", kind)


@pytest.mark.parametrize("kind", LASTING)
def test_what_lasts_again_after_its_end_was_told_is_told_as_reopened(kind: str) -> None:
    told = [heard("opened", 1), heard("resolved", 2)]

    assert decide(row(kind), sees(*told)) == Decision("send", "reopened")


def test_what_is_known_to_be_open_is_not_told_to_open() -> None:
    assert decide(row("opened"), sees(heard("opened", 1))) == Decision("suppress", "told already")


def test_an_end_is_told_to_who_knows_of_the_opening() -> None:
    assert decide(row("resolved"), sees(heard("opened", 1))) == Decision("send", "resolved")
    assert decide(row("retracted"), sees(heard("opened", 1))) == Decision("send", "retracted")


@pytest.mark.parametrize("kind", sorted(CLOSING))
@pytest.mark.parametrize(
    "others",
    [
        [],
        [row("opened", 1, "stuck")],
        [row("opened", 1, "suppressed")],
        [row("opened", 1, "silenced")],
        [heard("flapping", 1)],
        [heard("late_opened", 1)],
        [heard("opened", 11)],
    ],
)
def test_an_end_is_not_told_to_who_does_not(kind: str, others: list[dict[str, Any]]) -> None:
    decision = decide(row(kind), sees(*others))

    assert decision == Decision("suppress", "its opening was never sent")


def test_an_end_is_told_once_and_that_it_never_was_also_after_it() -> None:
    told = [heard("opened", 1), heard("resolved", 2)]

    assert decide(row("resolved"), sees(*told)).action == "suppress"
    assert decide(row("retracted"), sees(*told)) == Decision("send", "retracted")


def test_an_alert_is_told_in_order() -> None:
    """What came before is sent first, however long that takes."""
    later = NOON + timedelta(hours=5)
    waiting = [row("opened", 1, next_attempt=NOON), row("escalated", 2, next_attempt=later)]

    assert decide(row("resolved"), sees(*waiting)) == Decision("postpone", due=later)
    assert decide(row("opened", 1), sees(row("resolved", 2))) == Decision("send", "opened")


def test_a_silence_keeps_back_that_an_alert_lasts_and_not_that_it_ended() -> None:
    quiet = {"silence": "s1"}

    assert decide(row("opened"), sees(**quiet)) == Decision("hold", "s1")
    assert decide(row("escalated"), sees(heard("opened", 1), **quiet)) == Decision("hold", "s1")
    assert decide(row("flapping"), sees(**quiet)) == Decision("hold", "s1")
    assert decide(row("repeat"), sees(heard("opened", 1), **quiet)) == Decision("hold", "s1")
    assert decide(row("resolved"), sees(heard("opened", 1), **quiet)).action == "send"


def test_when_a_silence_ends_what_lasts_is_told_once() -> None:
    released = row("opened", was_silenced=True)

    assert decide(released, sees()) == Decision("send", "opened")
    assert decide(released, sees(heard("escalated", 11))).action == "suppress"


@pytest.mark.parametrize("now", [None, ended(), alert(retracted_reason="late_data")])
def test_when_a_silence_ends_what_is_over_is_not_told(now: dict[str, Any] | None) -> None:
    decision = decide(row("opened", was_silenced=True), sees(alert=now))

    assert decision == Decision("suppress", "it was over when the notice could be sent")


def test_a_repeat_is_sent_while_the_alert_lasts_and_nobody_has_acknowledged_it() -> None:
    acknowledged = alert(acknowledgement={"at": NOON, "rank": 0, "until": None})
    told = heard("opened", 10)

    assert decide(row("repeat"), sees(told)) == Decision("send", "repeat")
    assert decide(row("repeat"), sees(told, alert=acknowledged)).detail == "acknowledged"
    assert decide(row("repeat"), sees(told, alert=ended())).action == "suppress"


def test_an_acknowledgement_keeps_no_change_back() -> None:
    acknowledged = alert(acknowledgement={"at": NOON, "rank": 0, "until": None})

    decision = decide(row("escalated"), sees(heard("opened", 1), alert=acknowledged))

    assert decision == Decision("send", "escalated")


def test_in_a_storm_the_first_of_an_alert_goes_into_a_digest_and_its_end_too() -> None:
    assert decide(row("opened"), sees(is_storm=True)) == Decision("digest")
    in_digest = row("opened", 1, "digested", digest="d1")
    assert decide(row("resolved"), sees(in_digest)) == Decision("digest")
    told = heard("opened", 1, digest="d1")
    assert decide(row("resolved"), sees(told)) == Decision("digest")


def test_in_a_storm_what_was_told_by_itself_goes_on_by_itself() -> None:
    storm = {"is_storm": True}

    assert decide(row("escalated"), sees(heard("opened", 1), **storm)).action == "send"
    assert decide(row("resolved"), sees(heard("opened", 1), **storm)).action == "send"


def test_what_was_over_when_it_was_found_goes_into_a_digest_unless_it_is_silenced() -> None:
    assert decide(row("late_opened"), sees(alert=ended())).action == "digest"
    assert decide(row("late_opened"), sees(silence="s1")) == Decision("suppress", "silenced")


def test_a_digest_and_a_flapping_rule_are_told_as_such() -> None:
    assert decide(row("digest"), sees(row("digest", 1))) == Decision("send", "digest")
    assert decide(row("flapping"), sees()) == Decision("send", "flapping")


@pytest.mark.parametrize("kind", [*LASTING, *sorted(CLOSING), "flapping"])
def test_a_target_that_keeps_state_is_told_each_change_as_it_is(kind: str) -> None:
    assert decide(row(kind), sees(keeps_state=True, is_storm=True)) == Decision("send", kind)


def test_a_silence_keeps_from_it_that_an_alert_lasts_too() -> None:
    assert decide(row("opened"), sees(keeps_state=True, silence="s1")).action == "hold"
    assert decide(row("resolved"), sees(keeps_state=True, silence="s1")).action == "send"


steps = st.lists(
    st.tuples(
        st.sampled_from([*LASTING, *sorted(CLOSING)]),
        st.booleans(),  # a silence is in force
        st.sampled_from(["delivered", "stuck"]),  # what comes of it where it is sent
    ),
    max_size=12,
)


@given(steps)
def test_no_end_is_ever_told_without_an_opening_before_it(
    history: list[tuple[str, bool, str]],
) -> None:
    told = told_by(history)

    openings = [kind in OPENING for kind in told]
    assert all(any(openings[:at]) for at, kind in enumerate(told) if kind in CLOSING)
    assert told[:1] in ([], ["opened"])


def told_by(history: list[tuple[str, bool, str]]) -> list[str]:
    """Return what a target hears of these changes, one after another."""
    rows: list[dict[str, Any]] = []
    told = []
    for order, (kind, is_silenced, end) in enumerate(history):
        one = row(kind, order)
        silence = "s1" if is_silenced else None
        decision = decide(one, sees(*rows, silence=silence))
        status = {"send": end, "hold": "silenced"}.get(decision.action, "suppressed")
        if status == "delivered":
            told.append(decision.detail)
        rows.append(one | {"status": status})
    return told
