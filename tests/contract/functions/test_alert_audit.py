"""The audit of alerts on a real MongoDB: what it finds, puts right and leaves alone."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.alert.audit import device_audit
from functions.alert.audit.__main__ import main
from functions.ingest.acceptance import PostedReading, accept
from shared.mongo.collections import ALERT_STATES, ALERTS, RAW
from shared.outcomes import TemporaryError
from shared.readings.reading import Reading
from tests.support.alerting import RULES, TICK, deliver
from tests.support.readings import posted
from tests.support.servers import Documents, new_database

pytestmark = pytest.mark.database
NOW = datetime.now(UTC)
HOT = 60.0


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_audit, "_PAUSE_S", 0.01)


@pytest.fixture
def database(mongo_url: str) -> Iterator[Documents]:
    """Give a database with an alert that is over, and one that goes on."""
    with new_database(mongo_url) as made:
        readings = [reading(300, HOT), reading(290, 20), reading(70, HOT), reading(60, 64)]
        deliver(mongo_url, made, readings, [reading(50, 20, device_id="well")])
        deliver(mongo_url, made, TICK)
        yield made


def reading(minutes_ago: float, temperature_c: float, **changes: Any) -> Reading:
    ts = (NOW - timedelta(minutes=minutes_ago)).isoformat()
    sent = posted(ts=ts, temperature_c=temperature_c, **changes)
    return accept(PostedReading.model_validate(sent), NOW, None, lambda: "n0")


def audit(
    url: str,
    database: Documents,
    capsys: pytest.CaptureFixture[str],
    *options: str,
    **more: str,
) -> tuple[int, Mapping[str, Any]]:
    """Return the exit code and the summary."""
    code = main([*options, "--json"], {"MONGO_URL": url, "MONGO_DB": database.name} | more)
    return code, json.loads(capsys.readouterr().out)


def test_alerts_that_are_what_the_readings_give_are_well(
    mongo_url: str, database: Documents, capsys: pytest.CaptureFixture[str]
) -> None:
    assert database[ALERTS].count_documents({}) == 2

    code, summary = audit(mongo_url, database, capsys)

    assert (code, summary["devices"], summary["alerts"], summary["readings"]) == (0, 2, 2, 5)
    assert (summary["missing"], summary["different"], summary["surplus"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("damage", "kind"),
    [
        (lambda alerts: alerts.delete_one({"ended": None}), "missing"),
        (lambda alerts: alerts.update_one({"ended": None}, {"$set": {"peak": 1e3}}), "different"),
        (
            lambda alerts: alerts.insert_one(
                alerts.find_one({"ended": None}, {"_id": 0})
                | {"_id": "x", "started": NOW, "opened_by": ["y"]}
            ),
            "surplus",
        ),
    ],
)
def test_what_differs_is_found_and_repaired(
    mongo_url: str,
    database: Documents,
    capsys: pytest.CaptureFixture[str],
    damage: Any,
    kind: str,
) -> None:
    damage(database[ALERTS])

    code, summary = audit(mongo_url, database, capsys)
    assert (code, summary[kind], summary["repaired"]) == (1, 1, 0)

    code, summary = audit(mongo_url, database, capsys, "--repair")
    assert (code, summary["repaired"]) == (0, 1)

    assert audit(mongo_url, database, capsys)[0] == 0


def test_an_alert_whose_readings_were_deleted_is_found_and_taken_back(
    mongo_url: str, database: Documents, capsys: pytest.CaptureFixture[str]
) -> None:
    database[RAW].delete_many({"device_id": "greenhouse-1"})

    assert audit(mongo_url, database, capsys)[1]["surplus"] == 2
    assert audit(mongo_url, database, capsys, "--repair")[0] == 0

    reasons = {alert["retracted_reason"] for alert in database[ALERTS].find()}
    assert reasons == {"rules_changed"}


def test_alerts_from_before_what_retention_left_are_left_alone(
    mongo_url: str, database: Documents, capsys: pytest.CaptureFixture[str]
) -> None:
    old = NOW - timedelta(days=3)
    database[ALERTS].update_one({"ended": {"$ne": None}}, {"$set": {"started": old, "ended": old}})
    database[RAW].delete_many({"ts": {"$lt": NOW - timedelta(minutes=200)}})

    code, summary = audit(mongo_url, database, capsys, "--repair", RAW_RETENTION_DAYS="2")

    assert (code, summary["surplus"], summary["repaired"]) == (0, 0, 0)


def test_a_device_that_waits_for_a_tick_is_counted_and_overdue_when_none_comes(
    mongo_url: str, database: Documents, capsys: pytest.CaptureFixture[str]
) -> None:
    states = database[ALERT_STATES]
    device = {"_id": "greenhouse-1"}
    document = states.find_one(device)
    assert document is not None
    now = datetime.now(UTC)  # NOW may be long ago
    track = {**document["tracks"][0], "due": now - timedelta(minutes=5)}

    states.update_one(device, {"$set": {"tracks": [track]}})
    code, summary = audit(mongo_url, database, capsys)
    assert (code, summary["waiting"], summary["overdue"]) == (0, 1, 0)

    track["due"] = now - timedelta(minutes=50)
    states.update_one(device, {"$set": {"tracks": [track]}})
    code, summary = audit(mongo_url, database, capsys)
    assert (code, summary["waiting"], summary["overdue"]) == (1, 1, 1)

    code, summary = audit(mongo_url, database, capsys, "--repair")
    assert (code, summary["waiting"], summary["overdue"]) == (0, 0, 0)


def test_an_audit_can_be_of_some_devices_and_go_on_after_one(
    mongo_url: str, database: Documents, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit(mongo_url, database, capsys, "--device", "well")[1]["devices"] == 1
    assert audit(mongo_url, database, capsys, "--after", "greenhouse-1")[1]["devices"] == 1


def test_differences_are_told_line_by_line_with_the_fields(
    mongo_url: str, database: Documents, capsys: pytest.CaptureFixture[str]
) -> None:
    database[ALERTS].update_one({"ended": None}, {"$set": {"peak": 1e3}})

    main(["--repair"], {"MONGO_URL": mongo_url, "MONGO_DB": database.name})

    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith("different  greenhouse-1  temperature_c_high from 2")
    assert first.endswith(": peak  repaired")
    assert last.startswith("rules 1, devices 2, readings 5, alerts 2, waiting 0, missing 0")


def test_without_published_rules_there_is_nothing_to_audit(
    mongo_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with new_database(mongo_url) as empty:
        code = main([], {"MONGO_URL": mongo_url, "MONGO_DB": empty.name})

    assert code == 0
    assert "no rules are published yet" in capsys.readouterr().err


def test_an_audit_that_the_database_fails_says_how_to_go_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = "mongodb://127.0.0.1:9/?replicaSet=none"

    code = main([], {"MONGO_URL": url, "MONGO_TIMEOUT_MS": "100"})

    assert code == 1
    assert "stopped: " in capsys.readouterr().err


def test_wrong_settings_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], {"MONGO_URL": "http://x"}) == 2
    assert "MONGO_URL" in capsys.readouterr().err


def test_rules_of_a_process_that_starts_again_are_not_published_by_events(
    mongo_url: str, database: Documents
) -> None:
    deliver(mongo_url, database, [reading(40, 70)], rules=())
    assert database["alert_rules"].count_documents({}) == 1

    deliver(mongo_url, database, TICK, rules=())
    assert database["alert_rules"].count_documents({}) == 2

    deliver(mongo_url, database, [reading(30, 70)], rules=RULES)
    assert database["alert_rules"].count_documents({}) == 2


def test_an_audit_that_is_stopped_between_two_devices_says_where_it_goes_on(
    mongo_url: str,
    database: Documents,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    look = device_audit.DeviceAudit.audit

    async def audited(this: device_audit.DeviceAudit, device_id: str, **how: bool) -> Any:
        if device_id == "well":
            raise TemporaryError("audit", "the database: gone")
        return await look(this, device_id, **how)

    monkeypatch.setattr(device_audit.DeviceAudit, "audit", audited)

    assert main([], {"MONGO_URL": mongo_url, "MONGO_DB": database.name}) == 1
    assert "it goes on with --after 'greenhouse-1'" in capsys.readouterr().err
