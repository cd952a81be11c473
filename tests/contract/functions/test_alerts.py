"""The alerts that are stored. The alert function on the real MongoDB."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from functions.alert.function import alert_function
from shared.mongo.connection import Mongo
from shared.readings.reading import Reading
from shared.readings.reading_event import records_of
from shared.serving.http import HttpRequest, HttpResponse
from shared.settings import ThresholdSettings
from tests.support.readings import NOW, accepted, at, request_headers
from tests.support.servers import Documents, mongo_at, new_database

pytestmark = pytest.mark.database

HOT = accepted(temperature_c=63.5, humidity=55)
RECEIVED = datetime(2026, 1, 31, 12, 0, 0, 123_000, UTC)  # BSON dates hold milliseconds


@pytest.fixture
def database(mongo_url: str) -> Iterator[Documents]:
    with new_database(mongo_url) as made:
        yield made


def deliver(url: str, database: Documents, *events: Sequence[Reading]) -> list[HttpResponse]:
    """Deliver events of these readings at once, as KafkaSource does, and give the answers."""

    async def delivered() -> list[HttpResponse]:
        function = alert_function(Mongo(mongo_at(url, database.name)), ThresholdSettings())
        await function.open()
        try:
            requests = [request_of(readings) for readings in events]
            return await asyncio.gather(*(function.respond(request) for request in requests))
        finally:
            await function.close()

    return asyncio.run(delivered())


def request_of(readings: Sequence[Reading], received_at: datetime = NOW) -> HttpRequest:
    record = records_of(readings, received_at)[0]
    return HttpRequest("POST", "/", request_headers(record), record.value)


def test_a_breach_becomes_an_alert_that_tells_its_story(
    mongo_url: str, database: Documents
) -> None:
    answers = deliver(mongo_url, database, [HOT])

    assert [answer.status for answer in answers] == [204]
    assert list(database["alerts"].find()) == [
        {
            "_id": f"{HOT.reading_id}/temperature_c_high",
            "device_id": "greenhouse-1",
            "sensor_type": "temperature_c",
            "value": 63.5,
            "alert_type": "temperature_c_high",
            "severity": "critical",
            "message": "temperature_c 63.5 °C is above the limit of 50 °C",
            "timestamp": HOT.ts,
            "created_at": RECEIVED,
            "status": "active",
            "reading_id": HOT.reading_id,
        }
    ]


def test_a_reading_without_a_breach_is_stored_and_raises_nothing(
    mongo_url: str, database: Documents
) -> None:
    deliver(mongo_url, database, [accepted()])

    assert database["alerts"].count_documents({}) == 0
    assert database["telemetry_raw"].count_documents({}) == 1


def test_an_alert_is_kept_once_however_often_it_is_delivered(
    mongo_url: str, database: Documents
) -> None:
    answers = deliver(mongo_url, database, *[[HOT]] * 20)
    answers += deliver(mongo_url, database, [HOT, at(1), HOT])

    assert {answer.status for answer in answers} == {204}
    assert database["alerts"].count_documents({}) == 1
    assert database["telemetry_raw"].count_documents({}) == 2


def test_two_processes_at_once_keep_one_alert(mongo_url: str, database: Documents) -> None:
    readings = [at(number, temperature_c=60 + number) for number in range(50)]

    async def race() -> list[HttpResponse]:
        settings = mongo_at(mongo_url, database.name)
        functions = [alert_function(Mongo(settings), ThresholdSettings()) for _ in range(3)]
        await asyncio.gather(*(function.open() for function in functions))
        try:
            one = request_of(readings)
            return await asyncio.gather(*(function.respond(one) for function in functions))
        finally:
            await asyncio.gather(*(function.close() for function in functions))

    answers = asyncio.run(race())

    assert {answer.status for answer in answers} == {204}
    assert database["alerts"].count_documents({}) == 50


def test_a_reading_may_raise_one_alert_for_each_rule(mongo_url: str, database: Documents) -> None:
    deliver(mongo_url, database, [accepted(temperature_c=-11, humidity=121)])

    kept = database["alerts"].find({}, {"_id": 0, "alert_type": 1, "severity": 1})
    assert sorted(kept, key=str) == [
        {"alert_type": "humidity_high", "severity": "critical"},
        {"alert_type": "temperature_c_low", "severity": "warning"},
    ]


def test_a_retry_of_a_device_without_a_clock_raises_no_second_alert(
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

    assert [kept["reading_id"] for kept in database["alerts"].find()] == [first.reading_id]


def test_one_event_at_fault_does_not_keep_others_from_being_done(
    mongo_url: str, database: Documents
) -> None:
    async def both() -> list[HttpResponse]:
        function = alert_function(Mongo(mongo_at(mongo_url, database.name)), ThresholdSettings())
        await function.open()
        try:
            good = request_of([HOT])
            bad = HttpRequest("POST", "/", good.headers, b'[{"device_id":"d"}]')
            return list(await asyncio.gather(function.respond(bad), function.respond(good)))
        finally:
            await function.close()

    assert [answer.status for answer in asyncio.run(both())] == [422, 204]


def later_id(reading: Reading) -> str:
    """The id of the same content an hour later: another time, the same digest."""
    milliseconds = int(reading.reading_id[:12], 16) + 3_600_000
    return f"{milliseconds:012x}{reading.reading_id[12:]}"
