"""Whether a process has nothing left to refresh."""

from datetime import UTC, datetime, timedelta

import pytest

from functions.aggregate.refresh import quiet as module
from functions.aggregate.refresh.quiet import Quiet

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> Quiet:
    """Return one that was wanted once, and has found nothing since."""
    monkeypatch.setattr(module, "STAY_S", 0.0)
    found = Quiet()
    found.wanted()
    found.is_scanned = found.has_made_hours = True
    found.live_round(1, 0, [NOON + timedelta(minutes=1), NOON])
    found.late_round(1, 0)
    return found


def test_it_is_idle_where_no_lane_found_anything_since_work_was_wanted(quiet: Quiet) -> None:
    assert quiet.settled_until() == NOON


def test_it_is_not_idle_where_a_lane_found_something(quiet: Quiet) -> None:
    quiet.late_round(1, 3)

    assert quiet.settled_until() is None


def test_it_is_not_idle_where_work_was_wanted_since(quiet: Quiet) -> None:
    quiet.wanted()

    assert quiet.settled_until() is None


def test_it_is_not_idle_while_readings_are_left_to_be_scanned(quiet: Quiet) -> None:
    quiet.is_scanned = False

    assert quiet.settled_until() is None


def test_it_is_not_idle_while_hours_are_left_to_be_made(quiet: Quiet) -> None:
    quiet.has_made_hours = False

    assert quiet.settled_until() is None


def test_it_is_not_idle_while_a_live_round_is_at_work(quiet: Quiet) -> None:
    quiet.live_round_begins()

    assert quiet.settled_until() is None


def test_it_is_not_idle_while_a_late_round_is_at_work(quiet: Quiet) -> None:
    """A first round without shards finds nothing; the next one may take minutes."""
    quiet.late_round_begins()

    assert quiet.settled_until() is None


def test_it_is_not_idle_before_it_looked_at_shards_that_were_just_taken(quiet: Quiet) -> None:
    begun_without_them = quiet.late_round_begins()
    quiet.has_more()
    quiet.late_round(begun_without_them, 0)

    assert quiet.settled_until() is None


def test_it_stays_for_a_while_in_case_another_process_was_killed(
    quiet: Quiet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STAY_S", 60.0)

    assert quiet.settled_until() is None


def test_a_process_without_shards_waits_for_no_window(quiet: Quiet) -> None:
    quiet.live_round(1, 0, [])

    settled = quiet.settled_until()
    assert settled is not None
    assert settled.year == 9999
