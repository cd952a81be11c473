"""The verdict on what is stored: the balance of readings, and what differs from a recompute."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.chaos.balance import Balance, balance
from tests.chaos.comparison import differences
from tests.chaos.oracle import alerts_of, devices_of, plain_alerts, views_of, window_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tests.chaos.generated_readings import Key
    from tests.chaos.ledger import Entry
    from tests.chaos.oracle import Document
    from tests.chaos.stored_state import StoredState


@dataclass(frozen=True, slots=True)
class Rule:
    """The settings that documents follow from: a window's width, and the range of each sensor."""

    window_s: int
    ranges: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The account of all readings, and what is wrong with what follows from them.

    `refresh_notes`: batches that no refresh has counted. `dead_letters`: the open ones by reason.
    """

    balance: Balance
    differences: list[str]
    refresh_notes: int
    dead_letters: Mapping[str, int]

    @property
    def is_right(self) -> bool:
        unbalanced = self.balance.errors or self.balance.total.difference
        return not (unbalanced or self.differences or self.refresh_notes)


def verdict_on(state: StoredState, entries: Mapping[Key, Entry], rule: Rule) -> Verdict:
    """Compare the stored state with the driver's account and with a recompute of its readings.

    While a dead letter of aggregate is open, the windows and devices of its readings may lack them,
    also where alert has stored the reading; so may alerts while one of alert is. Nothing else may.
    """
    dead = frozenset(each for letter in state.dead_letters for each in letter.reading_ids)
    return Verdict(
        balance(entries, state.readings, dead),
        [*_views(state, rule), *_devices(state), *_alerts(state, rule)],
        state.refresh_notes,
        Counter(f"{letter.stage}, {letter.reason}" for letter in state.dead_letters),
    )


def _views(state: StoredState, rule: Rule) -> list[str]:
    waiting = {
        (reading["device_id"], window_of(reading["ts"], rule.window_s))
        for reading in _dead_lettered(state, "aggregate")
    }
    expected = views_of(state.readings, rule.window_s).values()
    return _differences(
        "view",
        state.views,
        expected,
        lambda view: (view["device_id"], view["timestamp"]) in waiting,
    )


def _devices(state: StoredState) -> list[str]:
    waiting = {reading["device_id"] for reading in _dead_lettered(state, "aggregate")}
    expected = devices_of(state.readings).values()
    return _differences("device", state.devices, expected, lambda device: device["_id"] in waiting)


def _alerts(state: StoredState, rule: Rule) -> list[str]:
    waiting = {reading["device_id"] for reading in _dead_lettered(state, "alert")}
    return _differences(
        "alert",
        plain_alerts(state.alerts),
        alerts_of(state.readings, rule.ranges).values(),
        lambda alert: alert["device_id"] in waiting,
    )


def _differences(
    what: str,
    stored: Iterable[Document],
    expected: Iterable[Document],
    is_excused: Callable[[Document], bool],
) -> list[str]:
    return differences(
        what,
        [document for document in stored if not is_excused(document)],
        {document["_id"]: document for document in expected if not is_excused(document)},
    )


def _dead_lettered(state: StoredState, stage: str) -> list[Document]:
    """Return the stored readings that are in open dead letters of that function."""
    keys = {key for letter in state.dead_letters if letter.stage == stage for key in letter.keys}
    return [
        reading
        for reading in state.readings
        if (reading["device_id"], int(reading["measurements"]["seq"])) in keys
    ]
