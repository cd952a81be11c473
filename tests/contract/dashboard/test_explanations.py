"""What the alert function wrote is explained from its readings, and again without a server."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.alert import replay
from functions.dashboard.queries import evidence
from functions.ingest.acceptance import PostedReading, accept
from shared.alerts.rules.rule import Level, Rule
from shared.alerts.rules.rule_set import RuleSet, StatedRule
from shared.readings.reading import Reading
from tests.contract.dashboard.dashboard_client import DashboardClient
from tests.support.alerting import RULES, TICK, deliver
from tests.support.readings import posted

pytestmark = pytest.mark.database
NOW = datetime.now(UTC)


def reading(minutes_ago: float, temperature_c: float) -> Reading:
    ts = (NOW - timedelta(minutes=minutes_ago)).isoformat()
    sent = posted(ts=ts, temperature_c=temperature_c)
    return accept(PostedReading.model_validate(sent), NOW, None, lambda: "n0")


def alerted(
    desk: DashboardClient, *readings: Reading, rules: RuleSet = RULES
) -> list[dict[str, Any]]:
    """Have the alert function write these readings and their alerts; return the alerts."""
    for collection in ("telemetry_raw", "alerts", "alert_states", "alert_rules"):
        desk.stored[collection].delete_many({})
    deliver(desk.connection.url, desk.stored, list(readings), TICK, rules=rules)
    return list(desk.stored["alerts"].find().sort("started"))


def test_an_alert_is_explained_by_its_readings_rule_and_steps(
    desk: DashboardClient, tmp_path: Path
) -> None:
    well, hot, hotter, over = reading(9, 20), reading(8, 55), reading(7, 64), reading(6, 20)
    (alert,) = alerted(desk, well, hot, hotter, over)

    response = desk.get(f"/alerts/{alert['_id']}/explain")

    bundle = response.raise_for_status().json()
    assert bundle["alert_id"] == alert["_id"]
    assert bundle["notes"] == []
    ids = [one["reading_id"] for one in bundle["readings"]]
    assert ids == [one.reading_id for one in (well, hot, hotter, over)]
    assert [one["rule"]["rule_id"] for one in bundle["rule"]] == ["temperature_c_high"]
    assert [one["ended"] is None for one in bundle["episodes"]] == [False]
    (tmp_path / "bundle.json").write_text(response.text)
    assert replay.main([str(tmp_path / "bundle.json")]) == 0


def test_an_alert_that_goes_on_is_explained_up_to_now(desk: DashboardClient) -> None:
    (alert,) = alerted(desk, reading(9, 20), reading(8, 55), reading(7, 64))

    bundle = desk.get(f"/alerts/{alert['_id']}/explain").raise_for_status().json()

    assert bundle["notes"] == []
    assert [one["ended"] for one in bundle["episodes"]] == [None]


def test_what_differs_by_now_says_so(desk: DashboardClient) -> None:
    (alert,) = alerted(desk, reading(9, 20), reading(8, 55), reading(6, 20))
    desk.stored["telemetry_raw"].delete_one({"_id": alert["opened_by"][0]})

    bundle = desk.get(f"/alerts/{alert['_id']}/explain").raise_for_status().json()

    assert [note.split(":")[0] for note in bundle["notes"]] == ["differs"]


def test_more_readings_than_a_response_holds_are_cut_and_that_is_told(
    desk: DashboardClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "MOST_READINGS", 5)
    (alert,) = alerted(desk, *(reading(60 - minute, 55) for minute in range(20)))

    bundle = desk.get(f"/alerts/{alert['_id']}/explain").raise_for_status().json()

    assert len(bundle["readings"]) == 5
    assert bundle["notes"] == ["cut: of more than 5 readings only the first 5 are here"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"$unset": {"rule_id": 1}}, "by no rule"),
        ({"$set": {"rule_id": "other"}}, "the rule other of that time is not stored"),
    ],
)
def test_an_alert_whose_rule_is_not_known_cannot_be_explained(
    desk: DashboardClient, change: dict[str, Any], told: str
) -> None:
    (alert,) = alerted(desk, reading(8, 55))
    desk.stored["alerts"].update_one({"_id": alert["_id"]}, change)

    response = desk.get(f"/alerts/{alert['_id']}/explain")

    assert response.status_code == 409
    assert told in response.json()["detail"]


def test_an_alert_that_is_not_there_is_a_404(desk: DashboardClient) -> None:
    assert desk.get("/alerts/none/explain").status_code == 404


def test_a_device_that_was_offline_is_explained_by_its_receipts(desk: DashboardClient) -> None:
    level = (Level(name="warning"),)
    timeout = timedelta(minutes=15)
    away = Rule(rule_id="away", kind="offline", alert_type="away", levels=level, timeout=timeout)
    (alert,) = alerted(desk, reading(9, 20), rules=(StatedRule(rule=away),))

    bundle = desk.get(f"/alerts/{alert['_id']}/explain").raise_for_status().json()

    assert bundle["notes"] == []
    assert len(bundle["readings"]) == 1
