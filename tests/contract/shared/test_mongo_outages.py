"""A database that is away, goes or comes late, and the process that is connected to it."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_dev.servers.free_port import free_port
from local_dev.servers.mongo import MongoServer
from shared.mongo.connection import Mongo
from shared.mongo.errors import database_errors
from shared.outcomes import TemporaryError
from shared.settings import MongoSettings
from tests.support.servers import mongo_at, with_mongo


@pytest.fixture
def server_of_its_own(tmp_path: Path) -> Iterator[MongoServer]:
    server = MongoServer(free_port(), tmp_path)
    server.start()
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.stop()


def test_without_a_database_a_process_starts_and_says_why_it_is_not_ready() -> None:
    settings = MongoSettings(mongo_url=f"mongodb://127.0.0.1:{free_port()}", mongo_timeout_ms=500)

    async def what_is_said(mongo: Mongo) -> str | None:
        with pytest.raises(TemporaryError) as caught:
            _ = mongo.database
        assert caught.value.operation == "database"
        return mongo.not_ready()

    assert str(with_mongo(settings, what_is_said)).startswith("the database")


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
