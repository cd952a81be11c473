"""A chaos run tells a view, a device or an alert that is not as recomputed."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.chaos.oracle import DEFAULT_RANGES, Document, alerts_of, devices_of, views_of
from tests.chaos.stored_state import DeadLetter, StoredState
from tests.chaos.verdict import Rule, Verdict, verdict_on
from tests.support.chaos_run import ledger_of, posted, stored

RULE = Rule(10, DEFAULT_RANGES)


def right_state(letters: list[DeadLetter]) -> StoredState:
    readings = [stored(1), stored(2, humidity=30.0)]
    return StoredState(
        readings=readings,
        views=list(views_of(readings, 10).values()),
        devices=list(devices_of(readings).values()),
        alerts=[as_stored(one) for one in alerts_of(readings, DEFAULT_RANGES).values()],
        refresh_notes=0,
        dead_letters=letters,
    )


def as_stored(alert: Document) -> Document:
    """Return the alert as the function stores it: under an id of its own."""
    reading_id = str(alert["_id"]).split("/")[0]
    return {**alert, "_id": "uid", "opened_by": [reading_id], "retracted_reason": None}


def verdict_of(state: StoredState) -> Verdict:
    ledger = ledger_of(posted(1), "id-1")
    ledger.posted([posted(2, humidity=30.0)])
    ledger.acknowledged(posted(2), "id-2")
    return verdict_on(state, ledger.entries, RULE)


def test_a_state_that_is_as_recomputed_is_right() -> None:
    assert verdict_of(right_state([])).is_right


def lacks_a_view(state: StoredState) -> None:
    state.views.pop()


def has_a_view_of_fewer(state: StoredState) -> None:
    state.views[0]["count"] -= 1


def has_a_view_too_many(state: StoredState) -> None:
    state.views.append(state.views[0] | {"sensor_type": "other"})


def has_a_view_twice(state: StoredState) -> None:
    state.views.append(dict(state.views[0]))


def lacks_a_device(state: StoredState) -> None:
    state.devices.pop()


def has_an_older_latest(state: StoredState) -> None:
    state.devices[0]["latest"]["_id"] = "id-1"


def lacks_an_alert(state: StoredState) -> None:
    state.alerts.pop()


def has_a_milder_alert(state: StoredState) -> None:
    state.alerts[0]["severity"] = "none"


VIEW_FAULTS = [lacks_a_view, has_a_view_of_fewer, has_a_view_too_many, has_a_view_twice]
DEVICE_FAULTS = [lacks_a_device, has_an_older_latest]
ALERT_FAULTS = [lacks_an_alert, has_a_milder_alert]
Spoil = Callable[[StoredState], None]


@pytest.mark.parametrize("spoil", [*VIEW_FAULTS, *DEVICE_FAULTS, *ALERT_FAULTS])
def test_a_document_that_is_not_as_recomputed_is_a_difference(spoil: Spoil) -> None:
    state = right_state([])
    spoil(state)

    assert len(verdict_of(state).differences) == 1


@pytest.mark.parametrize("spoil", [lacks_a_view, *DEVICE_FAULTS])
def test_what_waits_for_a_dead_letter_of_aggregate_is_no_difference(spoil: Spoil) -> None:
    state = right_state([DeadLetter("aggregate", "database", ("id-2",), (("a", 2),))])
    spoil(state)

    assert verdict_of(state).is_right


def test_a_dead_letter_of_alert_excuses_no_view() -> None:
    state = right_state([DeadLetter("alert", "database", ("id-2",), (("a", 2),))])
    lacks_a_view(state)

    assert not verdict_of(state).is_right


def test_the_recompute_is_the_documented_summary() -> None:
    readings = [stored(n, temperature_c=value) for n, value in enumerate([4.0, 1.0, 2.0, 3.0])]

    view = views_of(readings, 10)["a/temperature_c/10s/2026-01-31T12:00:00.000Z"]

    assert (view["count"], view["sum"], view["min"], view["max"]) == (4, 10.0, 1.0, 4.0)
    assert (view["average"], view["p50"], view["p95"]) == (2.5, 2.5, pytest.approx(3.85))


def test_a_late_window_that_is_still_waiting_is_not_right() -> None:
    state = replace(right_state([]), refresh_notes=1)

    assert not verdict_of(state).is_right
