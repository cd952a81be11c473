"""What a process remembers of pairs and devices."""

from datetime import UTC, datetime, timedelta

import pytest

from functions.aggregate.refresh import remembered as module
from functions.aggregate.refresh.fold import Fold
from functions.aggregate.refresh.remembered import Remembered
from functions.aggregate.store.devices import DeviceFacts
from functions.aggregate.store.pairs import Pair

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
PAIR = Pair("a", NOON)


def _fold(readings: int = 1) -> Fold:
    fold = Fold({"x": 0})
    fold.add_all({str(n): (("x", 1.0),) for n in range(readings)})
    fold.is_stored()
    return fold


def test_a_fold_that_is_taken_is_nobody_elses() -> None:
    remembered = Remembered()
    kept = _fold()
    remembered.keep(PAIR, kept)

    assert remembered.take(PAIR, ["x"]) is kept
    assert remembered.take(PAIR, ["x"]) is None


def test_a_fold_that_does_not_know_a_view_is_forgotten() -> None:
    remembered = Remembered()
    remembered.keep(PAIR, _fold())

    assert remembered.take(PAIR, ["x", "y"]) is None
    assert remembered.take(PAIR, ["x"]) is None


def test_the_pair_that_was_counted_longest_ago_is_forgotten_first() -> None:
    remembered = Remembered(max_weight=40)
    pairs = [Pair(name, NOON) for name in "abcd"]
    for pair in pairs[:3]:
        remembered.keep(pair, _fold())

    remembered.keep(pairs[0], _fold(2))
    remembered.keep(pairs[3], _fold())

    found = [remembered.take(pair, ["x"]) is not None for pair in pairs]
    assert found == [True, False, True, True]


def test_pairs_whose_window_is_over_make_room_before_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the open windows need is all that a load which stays needs."""
    monkeypatch.setattr(module, "SETTLED_WEIGHT", 30)
    remembered = Remembered(max_weight=60)
    over = [Pair(name, NOON) for name in "ab"]
    live = [Pair(name, NOON + timedelta(minutes=2)) for name in "abc"]
    for pair in (*over, *live):
        remembered.keep(pair, _fold())

    assert [remembered.take(pair, ["x"]) is not None for pair in over] == [False, False]
    assert [remembered.take(pair, ["x"]) is not None for pair in live] == [True, True, True]


def test_a_device_is_known_as_wide_as_it_was_written() -> None:
    remembered = Remembered()
    facts = DeviceFacts("a", NOON, {"_id": "02"})

    assert remembered.is_wider(facts)
    remembered.widened(facts)
    remembered.without_folds().widened(DeviceFacts("a", NOON, {"_id": "03"}))

    assert not remembered.is_wider(DeviceFacts("a", NOON, {"_id": "03"}))
    assert remembered.is_wider(DeviceFacts("a", NOON, {"_id": "04"}))
    assert remembered.is_wider(DeviceFacts("a", NOON - timedelta(seconds=1), {"_id": "01"}))


def test_very_many_devices_are_forgotten_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_DEVICES", 3)
    remembered = Remembered()
    for n in range(3):
        remembered.widened(DeviceFacts(str(n), NOON, {"_id": "01"}))

    remembered.widened(DeviceFacts("3", NOON, {"_id": "01"}))

    assert remembered.is_wider(DeviceFacts("0", NOON, {"_id": "01"}))
