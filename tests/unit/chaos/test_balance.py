"""A chaos run tells a reading that is lost, stored twice or altered."""

from typing import Any

import pytest

from tests.chaos.balance import Account, Balance, balance
from tests.chaos.generated_readings import GeneratedReading
from tests.chaos.ledger import Ledger
from tests.support.chaos_run import TS, ledger_of, posted, stored

NONE: frozenset[str] = frozenset()


def balanced(ledger: Ledger, *documents: dict[str, Any], dead: frozenset[str] = NONE) -> Balance:
    return balance(ledger.entries, documents, dead)


def test_a_reading_acknowledged_twice_and_stored_once_balances() -> None:
    result = balanced(ledger_of(posted(1), "id-1", "id-1"), stored(1))

    assert result.total == Account(accepted=2, stored=1, duplicate=1)
    assert result.total.difference == 0
    assert result.errors == []


def test_an_acknowledged_reading_that_is_nowhere_is_lost() -> None:
    result = balanced(ledger_of(posted(1), "id-1"))

    assert result.total.difference == 1
    assert "LOST" in result.errors[0]


def test_an_acknowledged_reading_in_a_dead_letter_is_dead_and_not_lost() -> None:
    result = balanced(ledger_of(posted(1), "id-1"), dead=frozenset({"id-1"}))

    assert result.total == Account(accepted=1, dead=1)
    assert result.errors == []


def test_a_reading_that_is_stored_twice_is_a_fault() -> None:
    result = balanced(ledger_of(posted(1), "id-1"), stored(1), stored(1, "id-2"))

    assert result.total.difference == -1
    assert "stored 2 times" in result.errors[0]


def test_one_lost_and_one_stored_twice_do_not_make_up_for_each_other() -> None:
    ledger = ledger_of(posted(1), "id-1")
    ledger.posted([posted(2)])
    ledger.acknowledged(posted(2), "id-2")

    result = balanced(ledger, stored(1), stored(1, "other"))

    assert result.total.difference == 0
    assert len(result.errors) == 2


def test_what_was_never_acknowledged_may_be_stored_or_not() -> None:
    result = balanced(ledger_of(posted(1)), stored(1))

    assert result.total == Account(unknown=1)
    assert result.errors == []


@pytest.mark.parametrize(
    "change",
    [
        {"temperature_c": 61.0},
        {"ts": TS.replace(second=4)},
        {"ts_us": 7},
        {"measurements": {"seq": 1, "x": 1}},
    ],
)
def test_a_reading_that_is_stored_with_other_content_is_a_fault(change: dict[str, Any]) -> None:
    result = balanced(ledger_of(posted(1), "id-1"), stored(1, **change))

    assert "stored with another" in result.errors[0]


def test_a_stored_reading_that_was_never_posted_is_a_fault() -> None:
    result = balanced(Ledger(), stored(1))

    assert "never posted" in result.errors[0]


def test_without_time_and_id_each_acknowledged_post_is_a_reading_of_its_own() -> None:
    reading = GeneratedReading(
        ("a", 1), {"device_id": "a", "measurements": {"seq": 1}, "temperature_c": 60.0}
    )

    result = balanced(ledger_of(reading, "id-1", "id-2"), stored(1), stored(1, "id-3"))

    assert result.total == Account(accepted=2, stored=1, unknown=1)
    assert result.total.difference == 1
    assert "id-2" in result.errors[0]
