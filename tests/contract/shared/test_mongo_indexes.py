"""The indexes that a process makes at its start, on the real MongoDB."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from shared.mongo.connection import Mongo
from shared.mongo.indexes import make_indexes
from tests.support.servers import Documents, mongo_at, new_database, with_mongo

PROMISED = {
    "telemetry_raw": [{"device_id": 1, "ts": -1}],
    "alerts": [{"created_at": -1}],
    "aggregated_data": [{"device_id": 1, "timestamp": -1}],
}


@pytest.fixture
def database(mongo_url: str) -> Iterator[Documents]:
    with new_database(mongo_url) as made:
        yield made


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


async def ready_within_a_start(mongo: Mongo) -> None:
    assert mongo.not_ready() is None


def all_indexes(database: Documents) -> dict[str, Any]:
    return {name: database[name].index_information() for name in database.list_collection_names()}
