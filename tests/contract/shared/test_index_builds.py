"""How indexes come to be on collections that are large already, on the real MongoDB."""

import asyncio
import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.aggregate.function import aggregate_function
from functions.ingest.acceptance import PostedReading, accept
from shared.mongo import index_build
from shared.mongo.connection import Mongo
from shared.readings.reading_event import records_of
from shared.serving.http import HttpRequest
from shared.settings import AggregateSettings
from tests.support.readings import request_headers
from tests.support.servers import Documents, mongo_at, new_database, with_mongo

pytestmark = pytest.mark.database
NOW = datetime.now(UTC)
MANY = 400_000


@pytest.fixture
def database(mongo_url: str) -> Iterator[Documents]:
    with new_database(mongo_url) as made:
        yield made


@pytest.mark.timeout(180)
def test_indexes_and_retention_come_on_a_large_collection_though_no_operation_may_take_so_long(
    mongo_url: str,
    database: Documents,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A build takes over a second here, an operation less than half of one."""
    monkeypatch.setattr(index_build, "_REPORT_S", 0.2)
    caplog.set_level(logging.INFO)
    fill(database)
    settings = mongo_at(mongo_url, database.name).model_copy(
        update={"mongo_timeout_ms": 400, "raw_retention_days": 3_650}
    )

    async def until_built(mongo: Mongo) -> tuple[float, str | None]:
        opened = time.monotonic()
        async with asyncio.timeout(120):
            while len(built_on(database, "telemetry_raw")) < 4:  # noqa: ASYNC110 - as an operator looks
                await asyncio.sleep(0.1)
        return time.monotonic() - opened, mongo.not_ready()

    started = time.monotonic()
    took, not_ready = with_mongo(settings, until_built)

    assert time.monotonic() - started - took < 8  # ready long before
    assert not_ready is None
    reports = [vars(one) for one in caplog.records if one.message == "building an index"]
    assert max(one.get("total", 0) for one in reports) == MANY
    assert built_on(database, "telemetry_raw")["raw_retention"]["expireAfterSeconds"] > 0


def test_readings_without_a_clock_wait_for_their_unique_index_and_others_do_not(
    mongo_url: str, database: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of one value keep the index from being built: as long as they do, more could come."""
    monkeypatch.setattr(index_build, "_AFTER_REFUSAL_S", 0.3)
    twice = [{"_id": name, "device_id": "d", "ts": NOW, "dedup": "same"} for name in ("1", "2")]
    database["telemetry_raw"].insert_many(twice)
    without_a_clock = event_of(device_id="d", id="a", temperature_c=1.0)
    with_one = event_of(device_id="d", ts=NOW.isoformat(), temperature_c=1.0)
    function = aggregate_function(Mongo(mongo_at(mongo_url, database.name)), AggregateSettings())

    async def responses() -> list[int]:
        await function.open()
        try:
            refused, stored = (
                await function.respond(without_a_clock),
                await function.respond(with_one),
            )
            database["telemetry_raw"].delete_one({"_id": "2"})
            async with asyncio.timeout(20):
                while (last := await function.respond(without_a_clock)).status == 503:  # noqa: ASYNC110 - as KafkaSource retries
                    await asyncio.sleep(0.1)
            return [refused.status, stored.status, last.status]
        finally:
            await function.close()

    assert asyncio.run(responses()) == [503, 204, 204]


def test_a_connection_that_prepares_no_indexes_leaves_the_database_as_it_is(
    mongo_url: str, database: Documents
) -> None:
    async def opened() -> str | None:
        mongo = Mongo(mongo_at(mongo_url, database.name), prepares_indexes=False)
        await mongo.open()
        try:
            return mongo.not_ready()
        finally:
            await mongo.close()

    assert asyncio.run(opened()) is None
    assert database.list_collection_names() == []


def fill(database: Documents) -> None:
    for start in range(0, MANY, 50_000):
        database["telemetry_raw"].insert_many(
            [
                {"_id": f"{n:044x}", "device_id": f"d{n % 97}", "ts": NOW, "received_at": NOW}
                for n in range(start, start + 50_000)
            ],
            ordered=False,
        )


def built_on(database: Documents, collection: str) -> dict[str, Any]:
    """Return the indexes whose build is complete."""
    found = database.command("listIndexes", collection, includeIndexBuildInfo=True)
    listed = found["cursor"]["firstBatch"]
    return {one["spec"]["name"]: one["spec"] for one in listed if "indexBuildInfo" not in one}


def event_of(**posted: Any) -> HttpRequest:
    reading = accept(
        PostedReading.model_validate(posted), NOW + timedelta(seconds=1), None, lambda: "n0"
    )
    record = records_of([reading], NOW)[0]
    return HttpRequest("POST", "/", request_headers(record), record.value)
