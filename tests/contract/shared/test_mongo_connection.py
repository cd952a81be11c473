"""How is the database reached? On the real MongoDB: indexes, refusals, outages."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_dev.servers.free_port import free_port
from local_dev.servers.mongo import MongoServer
from shared.mongo.connection import Mongo, StartRefused
from shared.mongo.database import client_of
from shared.mongo.errors import database_errors
from shared.mongo.indexes import make_indexes
from shared.outcomes import TemporaryError
from shared.settings import MongoSettings, SettingsError
from tests.support.servers import Documents, mongo_at, new_database, standalone_mongod, with_mongo

PROMISED = {
    "telemetry_raw": [{"device_id": 1, "ts": -1}],
    "alerts": [{"created_at": -1}],
    "aggregated_data": [{"device_id": 1, "timestamp": -1}],
}


@pytest.fixture
def database(mongo_url: str) -> Iterator[Documents]:
    with new_database(mongo_url) as made:
        yield made


@pytest.fixture
def server_of_its_own(tmp_path: Path) -> Iterator[MongoServer]:
    server = MongoServer(free_port(), tmp_path)
    server.start()
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.stop()


@pytest.fixture
def standalone(tmp_path: Path) -> Iterator[str]:
    with standalone_mongod(tmp_path) as url:
        yield url


@pytest.mark.database
@pytest.mark.parametrize("collection", PROMISED)
def test_the_indexes_that_others_rely_on_are_made_at_start(
    mongo_url: str, database: Documents, collection: str
) -> None:
    with_mongo(mongo_at(mongo_url, database.name), ready_within_a_start)

    keys = [dict(index["key"]) for index in database[collection].list_indexes()]
    assert [wanted for wanted in PROMISED[collection] if wanted not in keys] == []


@pytest.mark.database
def test_the_reading_of_a_device_without_a_clock_is_held_unique_where_it_has_an_id(
    mongo_url: str, database: Documents
) -> None:
    with_mongo(mongo_at(mongo_url, database.name), ready_within_a_start)

    index = database["telemetry_raw"].index_information()["dedup_1"]
    assert index["unique"]
    assert index["partialFilterExpression"] == {"dedup": {"$exists": True}}


@pytest.mark.database
def test_making_the_indexes_again_changes_nothing(mongo_url: str, database: Documents) -> None:
    settings = mongo_at(mongo_url, database.name)
    with_mongo(settings, ready_within_a_start)
    before = all_indexes(database)

    async def again(mongo: Mongo) -> None:
        await asyncio.gather(make_indexes(mongo.database), make_indexes(mongo.database))

    with_mongo(settings, again)

    assert all_indexes(database) == before


@pytest.mark.database
def test_two_processes_may_start_at_once(mongo_url: str, database: Documents) -> None:
    settings = mongo_at(mongo_url, database.name)

    async def a_second_one(first: Mongo) -> list[str | None]:
        second = Mongo(settings)
        await second.open()
        try:
            return [first.not_ready(), second.not_ready()]
        finally:
            await second.close()

    assert with_mongo(settings, a_second_one) == [None, None]


@pytest.mark.database
def test_readiness_asks_no_server(mongo_url: str, database: Documents) -> None:
    """A thousand probes take less than a hundred round trips would."""

    async def duration(mongo: Mongo) -> float:
        started = time.perf_counter()
        assert [mongo.not_ready() for _ in range(1_000)] == [None] * 1_000
        return time.perf_counter() - started

    assert with_mongo(mongo_at(mongo_url, database.name), duration) < 0.1


@pytest.mark.database
def test_reads_and_writes_are_those_that_a_majority_has(
    mongo_url: str, database: Documents
) -> None:
    async def concerns(mongo: Mongo) -> tuple[Any, Any]:
        return mongo.database.read_concern.level, mongo.database.write_concern.document

    found = with_mongo(mongo_at(mongo_url, database.name), concerns)

    assert found == ("majority", {"w": "majority"})


@pytest.mark.database
def test_a_database_that_is_no_replica_set_is_refused_with_the_remedy(standalone: str) -> None:
    async def start() -> None:
        mongo = Mongo(mongo_at(standalone, "iotdb"))
        try:
            await mongo.open()
        finally:
            await mongo.close()

    with pytest.raises(StartRefused, match=r"MONGO_URL: .*--replSet rs0 and run rs\.initiate"):
        asyncio.run(start())


def test_without_a_database_a_process_starts_and_says_why_it_is_not_ready() -> None:
    settings = MongoSettings(mongo_url=f"mongodb://127.0.0.1:{free_port()}", mongo_timeout_ms=500)

    async def what_is_said(mongo: Mongo) -> str | None:
        with pytest.raises(TemporaryError) as caught:
            _ = mongo.database
        assert caught.value.operation == "database"
        return mongo.not_ready()

    assert str(with_mongo(settings, what_is_said)).startswith("the database")


@pytest.mark.parametrize(
    "url",
    [
        "mongodb://",
        "mongodb://host:99999",
        "mongodb://host/?replicaSet",
        "mongodb://user:hunter2/x@host:1/",
        "mongodb://user:hunter2@x@host",
    ],
)
def test_a_url_that_cannot_be_used_stops_the_start_by_its_name_and_shows_no_password(
    url: str,
) -> None:
    with pytest.raises(SettingsError) as caught:
        asyncio.run(Mongo(MongoSettings(mongo_url=url)).open())

    assert str(caught.value).startswith("MONGO_URL: ")
    assert "hunter2" not in str(caught.value)


@pytest.mark.database
@pytest.mark.timeout(120)
def test_a_database_that_goes_is_noticed_and_one_that_comes_back_is_used_again(
    server_of_its_own: MongoServer,
) -> None:
    seen: dict[str, float] = {}

    async def through_an_outage(mongo: Mongo) -> None:
        database = mongo.database
        await asyncio.to_thread(server_of_its_own.stop)
        started = time.monotonic()
        with pytest.raises(TemporaryError) as caught:
            async with database_errors("keep_readings"):
                await database["telemetry_raw"].find_one({})
        assert caught.value.operation == "keep_readings"
        seen["try again"] = time.monotonic() - started
        assert mongo.not_ready() == "no primary of the database is known"
        server_of_its_own.start()  # here: it ends with the thread that starts it
        await asyncio.to_thread(server_of_its_own.wait_until_ready)
        started = time.monotonic()
        async with asyncio.timeout(30):
            while mongo.not_ready() is not None:  # noqa: ASYNC110 - asked as a probe would ask
                await asyncio.sleep(0.05)
        seen["ready"] = time.monotonic() - started
        await database["telemetry_raw"].find_one({})

    with_mongo(mongo_at(server_of_its_own.url, "iotdb"), through_an_outage)

    assert seen["try again"] < 5
    assert seen["ready"] < 15


@pytest.mark.database
@pytest.mark.timeout(120)
def test_a_database_that_comes_late_is_used_once_it_is_there(
    server_of_its_own: MongoServer,
) -> None:
    server_of_its_own.stop()

    async def until_it_comes(mongo: Mongo) -> None:
        assert mongo.not_ready() is not None
        server_of_its_own.start()  # here: it ends with the thread that starts it
        await asyncio.to_thread(server_of_its_own.wait_until_ready)
        async with asyncio.timeout(30):
            while mongo.not_ready() is not None:  # noqa: ASYNC110 - asked as a probe would ask
                await asyncio.sleep(0.05)
        await mongo.database["telemetry_raw"].find_one({})

    with_mongo(mongo_at(server_of_its_own.url, "iotdb"), until_it_comes)


@pytest.mark.database
def test_a_client_names_its_program(mongo_url: str) -> None:
    async def name() -> str:
        async with client_of(mongo_at(mongo_url, "iotdb")) as client:
            return str(client.options.pool_options.appname)

    assert asyncio.run(name()) == "iot-telemetry"


async def ready_within_a_start(mongo: Mongo) -> None:
    assert mongo.not_ready() is None


def all_indexes(database: Documents) -> dict[str, Any]:
    return {name: database[name].index_information() for name in database.list_collection_names()}
