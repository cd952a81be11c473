"""The alerts that are stored. The alert function on the real MongoDB."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.alert.function import alert_function
from functions.alert.rules_in_force import RulesInForce
from functions.alert.sweep import Sweep
from functions.alert.work import AlertWork
from functions.ingest.acceptance import PostedReading, accept
from shared.alerts.rules.rule import Level, Rule
from shared.alerts.rules.rule_set import StatedRule
from shared.mongo.connection import Mongo
from shared.mongo.database import client_of
from shared.readings.reading import TEMPERATURE, Reading
from shared.serving.http import HttpRequest, HttpResponse
from tests.support.alerting import RULES, TICK, deliver, request_of
from tests.support.readings import NOW, accepted, at, posted
from tests.support.servers import Documents, mongo_at, new_database

pytestmark = pytest.mark.database

HOT = accepted(temperature_c=63.5, humidity=55)


@pytest.fixture
def database(mongo_url: str) -> Iterator[Documents]:
    with new_database(mongo_url) as made:
        yield made


def test_a_breach_becomes_an_alert_that_tells_its_story(
    mongo_url: str, database: Documents
) -> None:
    answers = deliver(mongo_url, database, [HOT])

    assert [answer.status for answer in answers] == [204]
    (alert,) = database["alerts"].find()
    told = ("device_id", "sensor_type", "value", "alert_type", "severity", "message", "timestamp")
    assert {name: alert[name] for name in told} == {
        "device_id": "greenhouse-1",
        "sensor_type": "temperature_c",
        "value": 63.5,
        "alert_type": "temperature_c_high",
        "severity": "critical",
        "message": "temperature_c 63.5 °C is above the limit of 50 °C",
        "timestamp": HOT.ts,
    }
    assert (alert["status"], alert["started"], alert["ended"]) == ("active", HOT.ts, None)
    assert alert["opened_by"] == [HOT.reading_id]


def test_a_reading_without_a_breach_leaves_no_alert_and_no_state(
    mongo_url: str, database: Documents
) -> None:
    deliver(mongo_url, database, [accepted()])

    assert database["alerts"].count_documents({}) == 0
    assert [state["_id"] for state in database["alert_states"].find()] == ["~rules"]
    assert database["telemetry_raw"].count_documents({}) == 1


def test_an_alert_lasts_until_a_reading_is_well(mongo_url: str, database: Documents) -> None:
    hot, hotter, well = (after(n, temperature_c=value) for n, value in enumerate((60, 64, 20)))

    deliver(mongo_url, database, [hot])
    deliver(mongo_url, database, [hotter])
    deliver(mongo_url, database, [well])

    (alert,) = database["alerts"].find()
    assert (alert["value"], alert["severity"], alert["status"]) == (64, "critical", "resolved")
    assert (alert["started"], alert["ended"]) == (hot.ts, well.ts)
    assert [level for _, level in alert["level_changes"]] == ["warning", "critical", None]
    assert [entry["kind"] for entry in alert["amended"]] == ["escalated", "resolved"]


def test_a_late_reading_shortens_an_alert(mongo_url: str, database: Documents) -> None:
    hot, late, hotter = (after(n, temperature_c=value) for n, value in enumerate((60, 20, 64)))
    deliver(mongo_url, database, [hot])
    deliver(mongo_url, database, [hotter])

    deliver(mongo_url, database, [late])

    first, second = database["alerts"].find().sort("started")
    assert (first["started"], first["ended"]) == (hot.ts, late.ts)
    assert (second["started"], second["ended"]) == (hotter.ts, None)


def test_an_alert_is_kept_once_however_often_it_is_delivered(
    mongo_url: str, database: Documents
) -> None:
    answers = deliver(mongo_url, database, *[[HOT]] * 20)
    answers += deliver(mongo_url, database, [HOT, at(1), HOT])

    assert {answer.status for answer in answers} == {204}
    assert database["alerts"].count_documents({}) == 1
    assert database["telemetry_raw"].count_documents({}) == 2


def test_processes_at_once_come_to_one_timeline(mongo_url: str, database: Documents) -> None:
    readings = [after(number, temperature_c=60 + number % 3) for number in range(50)]

    async def race() -> list[HttpResponse]:
        settings = mongo_at(mongo_url, database.name)
        functions = [alert_function(Mongo(settings), RULES) for _ in range(3)]
        await asyncio.gather(*(function.open() for function in functions))
        try:
            requests = [request_of(readings[first::3]) for first in range(3)]
            pairs = zip(functions, requests, strict=True)
            return await asyncio.gather(*(function.respond(one) for function, one in pairs))
        finally:
            await asyncio.gather(*(function.close() for function in functions))

    answers = asyncio.run(race())

    assert {answer.status for answer in answers} <= {204, 503}
    deliver(mongo_url, database, readings)
    (alert,) = database["alerts"].find()
    assert (alert["started"], alert["peak"], alert["status"]) == (readings[0].ts, 62, "active")


def test_each_rule_has_its_alert(mongo_url: str, database: Documents) -> None:
    deliver(mongo_url, database, [accepted(temperature_c=-11, humidity=121)])

    kept = database["alerts"].find({}, {"_id": 0, "alert_type": 1, "severity": 1})
    assert sorted(kept, key=str) == [
        {"alert_type": "humidity_high", "severity": "critical"},
        {"alert_type": "temperature_c_low", "severity": "warning"},
    ]


def test_a_retry_of_a_device_without_a_clock_changes_no_alert(
    mongo_url: str, database: Documents
) -> None:
    first = accepted(ts=None, id="4711", temperature_c=60)
    again = Reading(
        reading_id=later_id(first),
        device_id=first.device_id,
        ts=first.ts + timedelta(hours=1),
        client_id="4711",
        ts_assigned=True,
        temperature_c=60,
    )

    deliver(mongo_url, database, [first])
    deliver(mongo_url, database, [again])

    assert [kept["opened_by"] for kept in database["alerts"].find()] == [[first.reading_id]]


def test_a_tick_fires_what_has_lasted_long_enough(mongo_url: str, database: Documents) -> None:
    hold = (Level(name="warning", high=30.0, hold=timedelta(minutes=1)),)
    rule = Rule(rule_id="hot", kind="threshold", alert_type="hot", levels=hold, sensor=TEMPERATURE)
    now = datetime.now(UTC)
    sent = posted(ts=(now - timedelta(seconds=55)).isoformat(), temperature_c=40)
    reading = accept(PostedReading.model_validate(sent), now, None, lambda: "n0")
    rules = (StatedRule(rule=replace(rule, grace=timedelta(0))),)
    deliver(mongo_url, database, [reading], rules=rules)
    assert database["alerts"].count_documents({}) == 0

    time.sleep(6)
    answers = deliver(mongo_url, database, TICK, rules=rules)

    assert [answer.status for answer in answers] == [204]
    (alert,) = database["alerts"].find()
    assert alert["fired"] - alert["started"] == timedelta(minutes=1)


def test_rows_of_the_version_before_are_taken_back_and_their_readings_make_episodes(
    mongo_url: str, database: Documents
) -> None:
    deliver(mongo_url, database, [HOT], rules=())
    database["alerts"].insert_one({"_id": "row", "status": "active", "severity": "critical"})

    deliver(mongo_url, database, TICK)

    row, alert = database["alerts"].find().sort("status", -1)
    assert (row["status"], row["retracted_reason"]) == ("retracted", "replaced_by_episodes")
    assert (alert["status"], alert["opened_by"]) == ("active", [HOT.reading_id])


def test_rules_that_are_published_are_followed_by_all(mongo_url: str, database: Documents) -> None:
    """An instance that was started with other rules before publishes nothing again."""

    async def both() -> None:
        settings = mongo_at(mongo_url, database.name)
        older, newer = alert_function(Mongo(settings), RULES), alert_function(Mongo(settings), ())
        await older.open()
        await newer.open()
        try:
            await older.respond(TICK)
            await newer.respond(TICK)
            await older.respond(TICK)
        finally:
            await newer.close()
            await older.close()

    asyncio.run(both())

    assert database["alert_rules"].count_documents({}) == 2


def test_one_event_at_fault_does_not_keep_others_from_being_done(
    mongo_url: str, database: Documents
) -> None:
    async def both() -> list[HttpResponse]:
        function = alert_function(Mongo(mongo_at(mongo_url, database.name)), RULES)
        await function.open()
        try:
            good = request_of([HOT])
            bad = HttpRequest("POST", "/", good.headers, b'[{"device_id":"d"}]')
            return list(await asyncio.gather(function.respond(bad), function.respond(good)))
        finally:
            await function.close()

    assert [answer.status for answer in asyncio.run(both())] == [422, 204]


def after(seconds: float, **changes: Any) -> Reading:
    """Give an accepted reading of that many seconds after a whole one before NOW."""
    start = NOW.replace(microsecond=0) - timedelta(seconds=100)
    return accepted(ts=(start + timedelta(seconds=seconds)).isoformat(), **changes)


def later_id(reading: Reading) -> str:
    """The id of the same content an hour later: another time, the same digest."""
    milliseconds = int(reading.reading_id[:12], 16) + 3_600_000
    return f"{milliseconds:012x}{reading.reading_id[12:]}"


@pytest.mark.parametrize(
    ("where", "limit"),
    [
        ("functions.alert.evaluation.evaluation", "_TRIES"),
        ("functions.alert.evaluation.writing_out", "_TRIES"),
        ("functions.alert.rules_in_force", "_TRIES"),
    ],
)
def test_while_others_write_the_same_all_the_time_an_event_is_to_be_sent_again(
    mongo_url: str, database: Documents, monkeypatch: pytest.MonkeyPatch, where: str, limit: str
) -> None:
    monkeypatch.setattr(f"{where}.{limit}", 0)
    assert [answer.status for answer in deliver(mongo_url, database, [HOT])] == [503]

    monkeypatch.undo()
    assert [answer.status for answer in deliver(mongo_url, database, [HOT])] == [204]
    assert database["alerts"].count_documents({"status": "active"}) == 1


def test_a_tick_that_has_no_time_leaves_all_to_the_next(
    mongo_url: str, database: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.alert.tick.BUDGET_S", 0.0)

    assert [answer.status for answer in deliver(mongo_url, database, TICK)] == [204]


def test_a_sweep_without_rules_has_nothing_to_do(mongo_url: str, database: Documents) -> None:
    async def swept() -> bool:
        async with (
            client_of(mongo_at(mongo_url, database.name)) as client,
            client.start_session(causal_consistency=True) as session,
        ):
            work = AlertWork(RulesInForce(None))
            return await Sweep(client[database.name], session, work).step()

    assert asyncio.run(swept())


def test_what_is_remembered_of_a_rule_that_never_held_is_let_go(
    mongo_url: str, database: Documents
) -> None:
    deliver(mongo_url, database, [HOT])
    states = database["alert_states"]
    one = {"_id": HOT.device_id}
    tracks = (states.find_one(one) or {})["tracks"]
    states.update_one(one, {"$push": {"tracks": {**tracks[0], "rule_id": "withdrawn"}}})

    deliver(mongo_url, database, [at(1)])

    left = {track["rule_id"] for track in (states.find_one(one) or {})["tracks"]}
    assert left == {track["rule_id"] for track in tracks}
