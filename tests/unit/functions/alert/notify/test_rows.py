"""The rows that a notice makes: one for each target."""

from datetime import timedelta

from functions.alert.notify.notices import notices_for
from functions.alert.notify.rows import rows_of
from tests.support.notices import NOON, alert

WAIT = timedelta(seconds=10)


def test_a_notice_is_a_row_for_each_target_due_after_the_wait() -> None:
    notices = notices_for("opened", alert(), 3)

    rows = rows_of(notices, ["oncall", "team"], NOON, WAIT)

    assert [row["target"] for row in rows] == ["oncall", "team"]
    assert {row["next_attempt"] for row in rows} == {NOON + WAIT}
    assert {row["notice_id"] for row in rows} == {notices[0].notice_id}
    assert len({row["_id"] for row in rows}) == 2


def test_the_same_notice_makes_the_same_rows_whenever_it_is_written_out() -> None:
    ids = [
        [row["_id"] for row in rows_of(notices_for("opened", alert(), 3), ["team"], at, WAIT)]
        for at in (NOON, NOON + timedelta(hours=1))
    ]

    assert ids[0] == ids[1]


def test_without_a_notice_or_a_target_there_is_no_row() -> None:
    assert rows_of([], ["team"], NOON, WAIT) == []
    assert rows_of(notices_for("opened", alert(), 3), [], NOON, WAIT) == []
