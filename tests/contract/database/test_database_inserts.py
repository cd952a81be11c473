"""Inserts and deletes, and how duplicates are refused. The same on the double and on the
real MongoDB.
"""

from typing import Any

from pymongo.errors import BulkWriteError, DuplicateKeyError

from shared.mongo.collections import RAW
from shared.mongo.database import Database
from shared.mongo.errors import duplicates_in
from shared.mongo.indexes import make_indexes
from tests.simulation.databases import Databases

_DETAILS = ("index", "code", "keyPattern", "keyValue")


async def _insert(database: Database, name: str, documents: list[dict[str, Any]]) -> Any:
    """Give what is told of those refused, and how many were inserted."""
    try:
        result = await database[name].insert_many(documents, ordered=False)
    except BulkWriteError as error:
        told = error.details["writeErrors"]
        if duplicates_in(error) != [one["index"] for one in told]:
            raise
        return [{key: one[key] for key in _DETAILS} for one in told], error.details["nInserted"]
    return [], len(result.inserted_ids)


def test_an_unordered_insert_goes_on_after_duplicates_and_names_their_places(
    databases: Databases,
) -> None:
    async def scenario(database: Database) -> Any:
        await database["things"].insert_one({"_id": "2"})
        told = await _insert(database, "things", [{"_id": "1"}, {"_id": "2"}, {"_id": "3"}])
        return told, await database["things"].find({}, sort=[("_id", 1)]).to_list()

    told, stored = databases.run(scenario)

    refused = {"index": 1, "code": 11000, "keyPattern": {"_id": 1}, "keyValue": {"_id": "2"}}
    assert told == ([refused], 2)
    assert stored == [{"_id": "1"}, {"_id": "2"}, {"_id": "3"}]


def test_of_two_equal_ids_in_one_insert_the_second_is_refused(databases: Databases) -> None:
    async def scenario(database: Database) -> Any:
        told = await _insert(database, "things", [{"_id": "1", "n": 1}, {"_id": "1", "n": 2}])
        return told, await database["things"].find_one({"_id": "1"})

    (refused, inserted), stored = databases.run(scenario)

    assert ([one["index"] for one in refused], inserted) == ([1], 1)
    assert stored == {"_id": "1", "n": 1}


def test_a_single_duplicate_has_an_error_of_its_own(databases: Databases) -> None:
    async def scenario(database: Database) -> int | None:
        await database["things"].insert_one({"_id": "1"})
        try:
            await database["things"].insert_one({"_id": "1"})
        except DuplicateKeyError as error:
            return error.code
        return None

    assert databases.run(scenario) == 11000


def test_dedup_is_unique_among_the_readings_that_have_it(databases: Databases) -> None:
    async def scenario(database: Database) -> Any:
        await make_indexes(database)
        readings = [
            {"_id": "1", "dedup": "x"},
            {"_id": "2", "dedup": "x"},
            {"_id": "3"},
            {"_id": "4"},
            {"_id": "5", "dedup": "y"},
        ]
        return await _insert(database, RAW, readings)

    refused, inserted = databases.run(scenario)

    told = {"index": 1, "code": 11000, "keyPattern": {"dedup": 1}, "keyValue": {"dedup": "x"}}
    assert (refused, inserted) == ([told], 4)


def test_making_the_indexes_again_changes_nothing(databases: Databases) -> None:
    async def scenario(database: Database) -> Any:
        await make_indexes(database)
        await make_indexes(database)
        return await _insert(database, RAW, [{"_id": "1", "dedup": "x"}, {"_id": "2"}])

    assert databases.run(scenario) == ([], 2)


def test_a_delete_takes_all_that_it_names_and_no_other(databases: Databases) -> None:
    async def scenario(database: Database) -> Any:
        await _insert(database, "things", [{"_id": "1"}, {"_id": "2"}, {"_id": "3"}])
        deleted = await database["things"].delete_many({"_id": {"$in": ["1", "3", "9"]}})
        return deleted.deleted_count, await database["things"].find({}).to_list()

    assert databases.run(scenario) == (2, [{"_id": "2"}])
