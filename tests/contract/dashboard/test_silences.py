"""Silences: made, listed, ended, and kept as the record of who silenced what."""

from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY

from shared.mongo.collections import SILENCES
from tests.contract.dashboard.dashboard_client import DashboardClient
from tests.contract.dashboard.documents import NOON, silence

pytestmark = pytest.mark.database
BODY = {"matchers": {"device_id": "boiler-*"}, "to": "1h", "comment": "maintenance", "actor": "ann"}


def hours(number: float) -> float:
    """Return the seconds from noon to so many hours from now."""
    return (datetime.now(UTC) - NOON + timedelta(hours=number)).total_seconds()


def test_a_silence_begins_now_and_ends_after_its_span(desk: DashboardClient) -> None:
    response = desk.post("/silences", BODY)

    made = response.json()
    start, end = (datetime.fromisoformat(made[name]) for name in ("from", "to"))
    assert response.status_code == 201
    assert (made["state"], made["matchers"]) == ("active", {"device_id": "boiler-*"})
    assert (made["comment"], made["actor"], made["ended"]) == ("maintenance", "ann", None)
    assert end - start == timedelta(hours=1)
    assert desk.rows("/silences") == [made]


def test_it_is_stored_as_whoever_sends_reads_it(desk: DashboardClient) -> None:
    matchers = {"device_id": "a", "rule_id": "r", "severity": "warning", "sensor_type": "lux"}
    times = {"from": "2998-12-31T23:00:00Z", "to": "2998-12-31T23:30:00Z"}

    far = desk.post("/silences", {**BODY, "matchers": matchers, **times})
    near = desk.post("/silences", {**BODY, "matchers": matchers, "from": "1h", "to": "30m"})

    stored = desk.stored[SILENCES].find_one({})
    assert (far.status_code, far.json()["parameter"]) == (422, "from")
    assert near.json()["state"] == "scheduled"
    assert stored is not None
    assert stored["matchers"] == matchers
    assert set(stored) == {
        "_id",
        "matchers",
        "from",
        "to",
        "comment",
        "actor",
        "created_at",
        "ended",
    }
    assert stored["to"] - stored["from"] == timedelta(minutes=30)


def test_one_that_is_ended_is_over_now_and_stays_on_record(desk: DashboardClient) -> None:
    made = desk.post("/silences", BODY).json()

    ended = desk.delete(f"/silences/{made['silence_id']}?actor=bob").raise_for_status().json()
    again = desk.delete(f"/silences/{made['silence_id']}?actor=eve").raise_for_status().json()

    assert ended["state"] == "ended"
    assert ended["ended"] == {"at": ended["to"], "actor": "bob"}
    assert again == ended
    assert desk.rows("/silences") == [ended]


def test_one_that_has_not_begun_ends_before_it_does(desk: DashboardClient) -> None:
    made = desk.post("/silences", {**BODY, "from": "2h"}).json()

    ended = desk.delete(f"/silences/{made['silence_id']}").json()

    assert (ended["state"], ended["from"]) == ("ended", made["from"])
    assert ended["to"] == ended["ended"]["at"]
    assert desk.rows("/silences?state=open") == []


@pytest.mark.parametrize("actor", ["$$ROOT", "$from", "<b>"])
def test_a_name_is_never_an_expression(desk: DashboardClient, actor: str) -> None:
    made = desk.post("/silences", BODY).json()

    ended = desk.delete(f"/silences/{made['silence_id']}?actor={actor}").json()

    assert ended["ended"]["actor"] == actor


def test_an_unknown_silence_is_a_404(desk: DashboardClient) -> None:
    response = desk.delete(f"/silences/{'0' * 32}")

    assert response.status_code == 404
    assert response.json()["parameter"] == "silence_id"


@pytest.mark.parametrize(
    ("path", "numbers"),
    [
        ("/silences?", [3, 2, 1]),
        ("/silences?state=open", [3, 2]),
        ("/silences?state=over", [1]),
    ],
)
def test_silences_are_listed_by_their_end(
    desk: DashboardClient, path: str, numbers: list[int]
) -> None:
    desk.store(
        SILENCES,
        [
            silence(1, 0, 60),
            silence(2, hours(-1), hours(1)),
            silence(3, hours(1), hours(2)),
        ],
    )

    rows = desk.rows(path)

    states = {1: "ended", 2: "active", 3: "scheduled"}
    assert [int(row["silence_id"], 16) for row in rows] == numbers
    assert [row["state"] for row in rows] == [states[number] for number in numbers]


def test_pages_of_silences_show_each_once(desk: DashboardClient) -> None:
    desk.store(SILENCES, [silence(n, 0, 60 + n // 3) for n in range(10)])

    rows = desk.all_rows("/silences?limit=2&state=over")

    assert sorted(int(row["silence_id"], 16) for row in rows) == list(range(10))


def test_making_and_ending_are_counted(desk: DashboardClient) -> None:
    cases = [("silence", "changed"), ("end_silence", "changed"), ("end_silence", "unchanged")]

    def counted() -> list[float]:
        labels = [{"action": action, "outcome": outcome} for action, outcome in cases]
        return [REGISTRY.get_sample_value("iot_operator_actions_total", one) or 0 for one in labels]

    before = counted()
    made = desk.post("/silences", BODY).json()
    desk.delete(f"/silences/{made['silence_id']}")
    desk.delete(f"/silences/{made['silence_id']}")

    assert counted() == [number + 1 for number in before]
