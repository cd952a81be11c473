"""What operators ask of dead letters: that they are published again."""

from typing import Any

import pytest

from functions.dashboard.store import redrive_requests
from shared.mongo.collections import DEAD_LETTERS
from tests.contract.dashboard.dashboard_client import DashboardClient
from tests.contract.dashboard.documents import dead_letter

pytestmark = pytest.mark.database
ROUTE = "/dead-letters/redrive"


def letters(client: DashboardClient) -> dict[str, Any]:
    """Store three letters of two reasons; return the answer's rows by their ids."""
    client.store(
        DEAD_LETTERS,
        [
            dead_letter(1, 1),
            dead_letter(2, 2),
            dead_letter(3, 3, reason="too_late"),
            dead_letter(4, 4, status="redriven"),
        ],
    )
    return rows(client)


def rows(client: DashboardClient) -> dict[str, Any]:
    found = client.get("/dead-letters").json()["data"]
    return {row["dead_letter_id"]: row["redrive_requested"] for row in found}


def test_those_of_a_reason_are_asked_for_by_name(empty: DashboardClient) -> None:
    letters(empty)

    response = empty.post(ROUTE, {"reason": "invalid_reading", "actor": "ada"})

    asked = [one["actor"] for one in rows(empty).values() if one is not None]
    assert (response.status_code, response.json()) == (202, {"requested": 2, "more": False})
    assert asked == ["ada", "ada"]


def test_the_same_again_asks_for_nothing_more(empty: DashboardClient) -> None:
    letters(empty)
    first = empty.post(ROUTE, {"stage": "aggregate"}).json()
    before = rows(empty)

    again = empty.post(ROUTE, {"stage": "aggregate"}).json()

    assert (first["requested"], again["requested"]) == (3, 0)
    assert rows(empty) == before


def test_letters_are_named_one_by_one(empty: DashboardClient) -> None:
    named, *others = [one for one in letters(empty) if one is not None]

    response = empty.post(ROUTE, {"dead_letter_ids": [named]})

    found = rows(empty)
    assert response.json()["requested"] == (found[named] is not None)
    assert [found[one] for one in others] == [None] * 3


def test_the_oldest_are_first_where_there_are_more_than_one_request_takes(
    empty: DashboardClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redrive_requests, "MOST", 1)
    letters(empty)

    answers = [empty.post(ROUTE, {"stage": "aggregate"}).json() for _ in range(4)]

    assert [(one["requested"], one["more"]) for one in answers] == [
        (1, True),
        (1, True),
        (1, False),
        (0, False),
    ]


@pytest.mark.parametrize("body", [{}, {"actor": "ada"}, {"dead_letter_ids": []}, {"cause": "data"}])
def test_all_of_them_at_once_is_not_asked_for(empty: DashboardClient, body: Any) -> None:
    letters(empty)

    assert empty.post(ROUTE, body).status_code == 422
    assert set(rows(empty).values()) == {None}
