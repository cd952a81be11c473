"""What operators do with alerts: once, beside the alert function, and never to a timeline."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from functions.dashboard.store.alert_actions import act_on
from shared.alerts.acknowledgement import Action
from shared.mongo.collections import ALERTS, Document
from tests.contract.dashboard.dashboard_client import DashboardClient
from tests.contract.dashboard.documents import NOON, alert, episode

pytestmark = pytest.mark.database
ONE = f"/alerts/{1:032x}"
OPERATORS = {"acknowledgement", "operator_actions", "status", "updated_at", "version"}
HOSTILE = "<img src=x onerror=alert(1)>\n' || {$ne: 1} \u202e \U0001f525 =HYPERLINK(1)"


def stored(desk: DashboardClient, number: int = 1) -> Document:
    found = desk.stored[ALERTS].find_one({"_id": f"{number:032x}"})
    assert found is not None
    return found


def timeline_of(document: Document) -> Document:
    return {name: value for name, value in document.items() if name not in OPERATORS}


def test_an_alert_shows_its_episode(desk: DashboardClient) -> None:
    desk.store(ALERTS, [episode(1)])

    shown = desk.get(ONE).raise_for_status().json()

    assert shown == {
        "alert_id": f"{1:032x}",
        "device_id": "boiler",
        "sensor_type": "temperature_c",
        "value": 61.5,
        "alert_type": "temperature_c_high",
        "severity": "warning",
        "message": "temperature_c 61.5 °C is above the limit of 50 °C",
        "timestamp": "2026-01-31T12:00:00.000Z",
        "created_at": "2026-01-31T12:00:00.000Z",
        "status": "active",
        "reading_id": None,
        "rule_id": "temperature_c_high",
        "rule_version": 1,
        "started": "2026-01-31T12:00:00.000Z",
        "fired": "2026-01-31T12:00:30.000Z",
        "ended": None,
        "end_reason": None,
        "peak_at": "2026-01-31T12:00:20.000Z",
        "highest_severity": "warning",
        "level_changes": [{"at": "2026-01-31T12:00:30.000Z", "level": "warning"}],
        "flapping_since": None,
        "late_opened": False,
        "retracted_reason": None,
        "acknowledgement": None,
        "updated_at": None,
        "opened_by": ["0" * 44, "1" * 44],
        "closed_by": [],
        "amended": [
            {
                "at": "2026-01-31T12:00:00.000Z",
                "kind": "amended",
                "before": {"started": "2026-01-31T12:00:00.000Z"},
            }
        ],
        "operator_actions": [],
    }


def test_an_alert_of_old_is_shown_without_what_it_does_not_have(desk: DashboardClient) -> None:
    desk.store(ALERTS, [alert(1, 0)])

    (row,) = desk.rows("/alerts")
    shown = desk.get(f"/alerts/{row['alert_id']}").raise_for_status().json()

    assert shown["reading_id"] == "0" * 44
    assert (shown["rule_id"], shown["started"], shown["level_changes"]) == (None, None, [])


@pytest.mark.parametrize("path", [ONE, "/alerts/a%2Fb"])
def test_an_alert_that_is_not_there_is_a_404(desk: DashboardClient, path: str) -> None:
    response = desk.get(path)

    assert response.status_code == 404
    assert response.json()["parameter"] == "alert_id"


def test_an_acknowledged_alert_says_who_and_why_and_keeps_its_timeline(
    desk: DashboardClient,
) -> None:
    desk.store(ALERTS, [episode(1)])

    response = desk.post(f"{ONE}/acknowledge", {"comment": "on my way", "actor": "ann"})

    shown = response.raise_for_status().json()
    assert (shown["changed"], shown["status"]) == (True, "acknowledged")
    assert (shown["acknowledgement"]["comment"], shown["acknowledgement"]["actor"]) == (
        "on my way",
        "ann",
    )
    assert [one["kind"] for one in shown["operator_actions"]] == ["acknowledged"]
    assert timeline_of(stored(desk)) == timeline_of(episode(1))
    assert stored(desk)["version"] == 4
    assert [row["alert_id"] for row in desk.rows("/alerts?status=acknowledged")] == [f"{1:032x}"]


def test_the_same_again_writes_nothing(desk: DashboardClient) -> None:
    desk.store(ALERTS, [episode(1)])
    desk.post(f"{ONE}/acknowledge", {"comment": "seen"})
    before = stored(desk)

    again = desk.post(f"{ONE}/acknowledge", {"comment": "seen"})

    assert (again.status_code, again.json()["changed"]) == (200, False)
    assert stored(desk) == before


def test_an_acknowledgement_can_be_taken_back_once(desk: DashboardClient) -> None:
    desk.store(ALERTS, [episode(1)])
    desk.post(f"{ONE}/acknowledge")

    first = desk.post(f"{ONE}/unacknowledge", {"comment": "too early"}).json()
    second = desk.post(f"{ONE}/unacknowledge").json()

    assert (first["status"], first["acknowledgement"]) == ("active", None)
    assert (first["changed"], second["changed"]) == (True, False)
    assert [one["comment"] for one in second["operator_actions"]] == ["", "too early"]


def test_a_level_above_ends_it_and_the_level_of_then_does_not_bring_it_back(
    desk: DashboardClient,
) -> None:
    desk.store(ALERTS, [episode(1)])
    desk.post(f"{ONE}/acknowledge")
    desk.stored[ALERTS].update_one({}, {"$set": {"rank": 1, "severity": "critical"}})

    shown = desk.get(ONE).json()

    assert (shown["status"], shown["acknowledgement"]) == ("active", None)
    assert desk.post(f"{ONE}/acknowledge").json()["changed"] is True
    assert stored(desk)["acknowledgement"]["rank"] == 1


def test_its_end_may_be_a_time_or_a_span(desk: DashboardClient) -> None:
    desk.store(ALERTS, [episode(1), episode(2)])

    by_span = desk.post(f"{ONE}/acknowledge", {"until": "2h"}).json()
    by_time = desk.post(
        f"/alerts/{2:032x}/acknowledge", {"until": "2999-01-01T01:00:00+01:00"}
    ).json()

    at, until = (datetime.fromisoformat(by_span["acknowledgement"][k]) for k in ("at", "until"))
    assert until - at == timedelta(hours=2)
    assert by_time["acknowledgement"]["until"] == "2999-01-01T00:00:00.000Z"


def test_one_whose_end_has_come_is_none(desk: DashboardClient) -> None:
    ended = {"at": NOON, "actor": "ann", "comment": "", "rank": 0, "until": NOON}
    desk.store(ALERTS, [episode(1, status="acknowledged", acknowledgement=ended)])

    assert (desk.get(ONE).json()["status"], desk.rows("/alerts")[0]["status"]) == (
        "active",
        "active",
    )


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"ended": NOON}, "resolved"), ({"retracted_reason": "late_data"}, "retracted")],
)
@pytest.mark.parametrize("verb", ["acknowledge", "unacknowledge"])
def test_what_is_over_is_a_409_that_says_so(
    desk: DashboardClient, verb: str, fields: dict[str, Any], status: str
) -> None:
    desk.store(ALERTS, [episode(1, status=status, **fields)])
    before = stored(desk)

    response = desk.post(f"{ONE}/{verb}")

    assert response.status_code == 409
    assert status in response.json()["detail"]
    assert stored(desk) == before


def test_an_unknown_alert_is_a_404(desk: DashboardClient) -> None:
    assert desk.post(f"{ONE}/acknowledge").status_code == 404


def test_an_alert_of_old_is_acknowledged_too(desk: DashboardClient) -> None:
    desk.store(ALERTS, [alert(1, 0, severity="critical")])
    path = f"/alerts/{1:06}/temperature_c_high"

    shown = desk.post(f"{path}/acknowledge", {"comment": "seen"}).raise_for_status().json()

    assert (shown["status"], shown["changed"]) == ("acknowledged", True)
    assert desk.post(f"{path}/acknowledge", {"comment": "seen"}).json()["changed"] is False


def test_many_at_once_each_with_its_outcome(desk: DashboardClient) -> None:
    desk.store(ALERTS, [episode(n) for n in range(498)])
    desk.stored[ALERTS].update_one({"_id": f"{7:032x}"}, {"$set": {"ended": NOON}})
    desk.post(f"/alerts/{8:032x}/acknowledge", {"comment": "storm"})
    ids = [f"{n:032x}" for n in range(500)]

    response = desk.post("/alerts/acknowledge", {"alert_ids": ids, "comment": "storm"})

    assert response.status_code == 207
    outcomes = [row["outcome"] for row in response.json()["data"]]
    assert [row["alert_id"] for row in response.json()["data"]] == ids
    assert (outcomes[7], outcomes[8], outcomes[498:]) == ("over", "unchanged", ["not_found"] * 2)
    assert outcomes.count("changed") == 496
    assert desk.stored[ALERTS].count_documents({"status": "acknowledged"}) == 497


def test_many_that_all_can_be_is_a_200_and_again_changes_nothing(desk: DashboardClient) -> None:
    desk.store(ALERTS, [episode(1), episode(2)])
    body = {"alert_ids": [f"{1:032x}", f"{2:032x}", f"{1:032x}"]}

    first, second = (desk.post("/alerts/acknowledge", body) for _ in range(2))

    assert (first.status_code, second.status_code) == (200, 200)
    assert [row["outcome"] for row in first.json()["data"]] == ["changed"] * 2
    assert [row["outcome"] for row in second.json()["data"]] == ["unchanged"] * 2


def test_of_actions_at_once_none_is_lost_and_the_last_one_holds(desk: DashboardClient) -> None:
    desk.store(ALERTS, [episode(1)])
    requests = [(f"{ONE}/acknowledge", {"comment": f"by {n}", "actor": f"{n}"}) for n in range(24)]

    responses = desk.post_all(requests)

    assert {response.status_code for response in responses} == {200}
    document = stored(desk)
    assert {one["actor"] for one in document["operator_actions"]} == {str(n) for n in range(24)}
    last = max(document["operator_actions"], key=lambda one: (one["at"], one["actor"], one["id"]))
    assert document["acknowledgement"]["actor"] == last["actor"]
    assert document["version"] == 3 + 24


def test_beside_the_writes_of_the_timeline_nothing_is_lost(desk: DashboardClient) -> None:
    """Both sides write by compare-and-set on `version`, as fast as they can."""
    desk.store(ALERTS, [episode(1)])
    requests = [(f"{ONE}/acknowledge", {"actor": f"{n}"}) for n in range(12)]

    async def both() -> list[Any]:
        acting = [asyncio.create_task(until_done(desk, *one)) for one in requests]
        writing = [asyncio.create_task(raise_value(desk, f"w{n}")) for n in range(12)]
        return [await one for one in (*acting, *writing)]

    statuses = {response.status_code for response in desk.loop.run(both())[:12]}

    document = stored(desk)
    assert statuses == {200}
    assert document["value"] == 61.5 + 12
    assert sorted(document["opened_by"][2:]) == sorted(f"w{n}" for n in range(12))
    assert {one["actor"] for one in document["operator_actions"]} == {str(n) for n in range(12)}
    assert document["version"] == 3 + 24


async def until_done(desk: DashboardClient, path: str, body: object) -> httpx.Response:
    """Send it until it is not to be tried again: on a busy machine its time may be over first."""
    while True:
        response = await desk.sent("POST", path, body)
        if response.status_code != 503:
            return response


async def raise_value(desk: DashboardClient, reading_id: str) -> None:
    """Replace the alert as the alert function does: the document that was read, or none."""
    alerts = desk.connection.database[ALERTS]
    while True:
        found = await alerts.find_one({"_id": f"{1:032x}"})
        assert found is not None
        opened_by = [*found["opened_by"], reading_id]
        changed = {"value": found["value"] + 1, "opened_by": opened_by}
        made = {**found, **changed, "version": found["version"] + 1}
        guard = {"_id": found["_id"], "version": found["version"]}
        if (await alerts.replace_one(guard, made)).matched_count:
            return


def test_what_an_operator_writes_comes_back_as_it_was(desk: DashboardClient) -> None:
    desk.store(ALERTS, [episode(1)])

    response = desk.post(f"{ONE}/acknowledge", {"comment": HOSTILE, "actor": "<b>$ann</b>"})

    shown = response.raise_for_status().json()["acknowledgement"]
    assert (shown["comment"], shown["actor"]) == (HOSTILE, "<b>$ann</b>")
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("device_id", ["$where", "a.b", "__proto__", "x" * 128])
def test_a_strange_name_is_shown_as_it_is(desk: DashboardClient, device_id: str) -> None:
    desk.store(ALERTS, [episode(1, device_id=device_id)])

    assert desk.post(f"{ONE}/acknowledge").json()["device_id"] == device_id


def test_actions_are_counted_by_their_outcome(desk: DashboardClient) -> None:
    desk.store(ALERTS, [episode(1)])
    labels = {"action": "acknowledge", "outcome": "changed"}
    before = REGISTRY.get_sample_value("iot_operator_actions_total", labels) or 0

    desk.post(f"{ONE}/acknowledge")
    desk.post(f"{ONE}/acknowledge")

    assert REGISTRY.get_sample_value("iot_operator_actions_total", labels) == before + 1


def test_when_it_was_done_is_now(desk: DashboardClient) -> None:
    desk.store(ALERTS, [episode(1)])

    shown = desk.post(f"{ONE}/acknowledge").json()

    at = datetime.fromisoformat(shown["acknowledgement"]["at"])
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)
    assert shown["updated_at"] == shown["acknowledgement"]["at"]


def test_an_action_that_is_there_already_is_not_done_twice(desk: DashboardClient) -> None:
    """As when its response was lost, or of many alerts only some were written."""
    desk.store(ALERTS, [episode(1), episode(2)])
    action = Action("a" * 32, NOON, "ada", "acknowledged")
    database = desk.connection.database
    desk.loop.run(act_on(database, [f"{1:032x}"], action, NOON))

    outcomes = desk.loop.run(act_on(database, [f"{1:032x}", f"{2:032x}"], action, NOON))

    assert list(outcomes.values()) == ["changed", "changed"]
    assert [len(stored(desk, number)["operator_actions"]) for number in (1, 2)] == [1, 1]


def test_while_others_write_the_same_alert_all_the_time_it_is_to_be_tried_again(
    desk: DashboardClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.store(ALERTS, [episode(1)])
    monkeypatch.setattr("functions.dashboard.store.alert_actions._ROUNDS", 0)

    response = desk.post(f"{ONE}/acknowledge", {})

    assert (response.status_code, response.json()["reason"]) == (503, "act_on_alerts")
