"""Readings older than the retention of raw readings: aggregate on the real MongoDB."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from functions.aggregate.function import aggregate_function
from functions.ingest.acceptance import PostedReading, accept
from shared.mongo.connection import Mongo
from shared.readings.reading import Reading
from shared.readings.reading_event import records_of
from shared.serving.http import HttpRequest, HttpResponse
from shared.settings import AggregateSettings
from tests.support.readings import request_headers
from tests.support.servers import Documents, mongo_at, new_database

pytestmark = pytest.mark.database
DAYS = 7


@pytest.fixture
def database(mongo_url: str) -> Iterator[Documents]:
    with new_database(mongo_url) as made:
        yield made


def reading_of(age: timedelta, temperature_c: float = 20.0) -> Reading:
    now = datetime.now(UTC)
    posted = PostedReading(device_id="d", ts=(now - age).isoformat(), temperature_c=temperature_c)
    return accept(posted, now, None, lambda: "n0")


def deliver(
    url: str, database: Documents, days: int, *events: Sequence[Reading]
) -> list[HttpResponse]:
    """Deliver events to an aggregate with that retention, and let it refresh."""

    async def delivered() -> list[HttpResponse]:
        settings = mongo_at(url, database.name).model_copy(update={"raw_retention_days": days})
        function = aggregate_function(Mongo(settings), AggregateSettings())
        await function.open()
        try:
            responses = [await function.respond(request_of(readings)) for readings in events]
            async with asyncio.timeout(30):
                while database["refresh_notes"].find_one():  # noqa: ASYNC110 - another's work
                    await asyncio.sleep(0.05)
            return responses
        finally:
            await function.close()

    return asyncio.run(delivered())


def request_of(readings: Sequence[Reading]) -> HttpRequest:
    record = records_of(readings, datetime.now(UTC))[0]
    return HttpRequest("POST", "/", request_headers(record), record.value)


def seconds_kept(database: Documents) -> object:
    index = database["telemetry_raw"].index_information().get("raw_retention", {})
    return index.get("expireAfterSeconds")


def test_a_reading_past_the_retention_is_a_dead_letter_and_its_event_s_others_are_stored(
    mongo_url: str, database: Documents
) -> None:
    old, new = reading_of(timedelta(days=8)), reading_of(timedelta(days=6))

    (answer,) = deliver(mongo_url, database, DAYS, [old, new])

    assert answer.status == 422
    assert ("kne-reason", "too_late") in answer.headers
    assert [found["_id"] for found in database["telemetry_raw"].find()] == [new.reading_id]


def test_a_window_past_the_retention_stays_as_it_was(mongo_url: str, database: Documents) -> None:
    first = reading_of(timedelta(days=8))
    deliver(mongo_url, database, 0, [first])
    before = list(database["aggregated_data"].find())
    database["telemetry_raw"].delete_many({})  # as the retention does in time

    later = [reading_of(timedelta(days=8), temperature_c=t) for t in (1.0, 2.0, 3.0)]
    (answer,) = deliver(mongo_url, database, DAYS, later)

    assert answer.status == 422
    assert list(database["aggregated_data"].find()) == before != []


def test_without_a_retention_no_reading_is_too_late(mongo_url: str, database: Documents) -> None:
    (answer,) = deliver(mongo_url, database, 0, [reading_of(timedelta(days=3_000))])

    assert answer.status == 204


def test_the_retention_is_held_by_an_index_that_follows_the_setting(
    mongo_url: str, database: Documents
) -> None:
    deliver(mongo_url, database, 0)
    without = seconds_kept(database)
    deliver(mongo_url, database, DAYS)
    with_it = seconds_kept(database)
    deliver(mongo_url, database, 2 * DAYS)
    longer = seconds_kept(database)
    deliver(mongo_url, database, 0)

    assert (without, with_it, longer) == (None, 7 * 86_400, 14 * 86_400)
    assert seconds_kept(database) is None
