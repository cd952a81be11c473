"""What finds return: the same from the double as from the real MongoDB."""

from datetime import UTC, datetime, timedelta
from typing import Any

import bson
import pytest
from bson.codec_options import CodecOptions
from bson.raw_bson import DEFAULT_RAW_BSON_OPTIONS

from shared.mongo.database import Database
from tests.simulation.databases import Databases

_START = datetime(2026, 3, 1, tzinfo=UTC)
_DOCUMENTS: list[dict[str, Any]] = [
    {"_id": "03", "n": 3, "ts": _START + timedelta(seconds=3), "d": "a"},
    {"_id": "01", "n": 1.5, "ts": _START + timedelta(seconds=1), "d": "a", "more": {"x": 1.0}},
    {"_id": "02", "ts": _START + timedelta(seconds=2), "d": "b"},
    {"_id": "04", "n": "4", "ts": _START + timedelta(seconds=4), "d": "c"},
]


def _at(seconds: int) -> datetime:
    return _START + timedelta(seconds=seconds)


async def _found(database: Database, *arguments: Any, **options: Any) -> list[Any]:
    await database["things"].insert_many([dict(one) for one in _DOCUMENTS], ordered=False)
    return await database["things"].find(*arguments, **options).to_list()


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ({}, ["01", "02", "03", "04"]),
        ({"_id": {"$in": ["04", "02", "09"]}}, ["02", "04"]),
        ({"_id": {"$gte": "02"}}, ["02", "03", "04"]),
        ({"_id": {"$gte": "02", "$lt": "04"}}, ["02", "03"]),
        ({"n": {"$lt": 3}}, ["01"]),  # neither the text nor the missing one
        ({"n": {"$gte": 3}}, ["03"]),
        ({"d": {"$in": ["a"]}, "ts": {"$gte": _START, "$lt": _DOCUMENTS[0]["ts"]}}, ["01"]),
        ({"d": "a", "n": 3.0}, ["03"]),
        ({"more": {"x": 1}}, ["01"]),
        ({"n": {"$exists": False}}, ["02"]),
        ({"_id": "03", "$expr": {"$lte": ["$n", 3]}}, ["03"]),
        ({"_id": "03", "$expr": {"$lte": ["$ts", "$$NOW"]}}, ["03"]),
        ({"_id": "03", "$expr": {"$lte": ["$n", 2]}}, []),
        ({"_id": "02", "$expr": {"$lte": ["$n", 2]}}, ["02"]),  # missing is below every number
        ({"$or": [{"d": "b"}, {"$expr": {"$lte": ["$n", 2]}}], "_id": {"$gt": "01"}}, ["02"]),
        ({"_id": "04", "$expr": {"$lte": ["$n", 9]}}, []),  # a text is above
        ({"$and": [{"$or": [{"d": "a"}, {"d": "b"}]}], "$or": [{"n": 3}, {"_id": "04"}]}, ["03"]),
        ({"d": {"$gt": "", "$lt": "b"}}, ["01", "03"]),
        ({"$expr": {"$and": [{"$gt": ["$n", 1]}, {"$lte": ["$n", 3]}]}}, ["01", "03"]),
        (
            {"$expr": {"$or": [{"$lte": ["$n", 1]}, {"$gt": ["$ts", {"$add": ["$$NOW", 9]}]}]}},
            ["02"],
        ),
    ],
)
def test_a_filter_finds_what_it_says(
    databases: Databases, wanted: dict[str, Any], ids: list[str]
) -> None:
    found = databases.run(lambda database: _found(database, wanted, {"_id": 1}, sort=[("_id", 1)]))

    assert [one["_id"] for one in found] == ids


@pytest.mark.parametrize(
    ("projection", "names"),
    [
        ({"_id": 1}, ["_id"]),
        ({"n": 1, "ts": 1}, ["_id", "n", "ts"]),
        ({"ts": 0, "more": 0}, ["_id", "n", "d"]),
        (None, ["_id", "n", "ts", "d", "more"]),
    ],
)
def test_a_projection_leaves_the_fields_that_it_names(
    databases: Databases, projection: dict[str, Any] | None, names: list[str]
) -> None:
    found = databases.run(lambda database: _found(database, {"_id": "01"}, projection))

    assert [list(one) for one in found] == [names]


@pytest.mark.parametrize(
    ("sort", "ids"),
    [
        ([("_id", 1)], ["01", "02", "03", "04"]),
        ([("_id", -1)], ["04", "03", "02", "01"]),
        ([("d", 1), ("ts", -1)], ["03", "01", "02", "04"]),
    ],
)
def test_documents_come_in_the_order_asked_for(
    databases: Databases, sort: list[tuple[str, int]], ids: list[str]
) -> None:
    found = databases.run(lambda database: _found(database, {}, sort=sort))

    assert [one["_id"] for one in found] == ids


def test_a_range_in_a_list_of_ranges_finds_the_pairs_of_each(databases: Databases) -> None:
    ranges = [
        {"device_id": {"$in": ["a", "b"]}, "ts": {"$gte": _START, "$lt": _at(3)}},
        {"device_id": {"$in": ["c"]}, "ts": {"$gte": _at(4), "$lt": _at(9)}},
    ]

    async def scenario(database: Database) -> Any:
        things = [{**one, "device_id": one["d"]} for one in _DOCUMENTS]
        await database["things"].insert_many(things, ordered=False)
        return await database["things"].find({"$or": ranges}, {"_id": 1}).to_list()

    assert sorted(one["_id"] for one in databases.run(scenario)) == ["01", "02", "04"]


def test_a_document_comes_undecoded_where_that_is_asked_for(databases: Databases) -> None:
    async def scenario(database: Database) -> Any:
        await database["things"].insert_many([dict(one) for one in _DOCUMENTS], ordered=False)
        raw = database["things"].with_options(codec_options=DEFAULT_RAW_BSON_OPTIONS)
        return await raw.find({"_id": {"$gt": "01"}}, sort=[("_id", 1)], limit=1).to_list()

    (found,) = databases.run(scenario)

    options = CodecOptions[dict[str, Any]](tz_aware=True)
    assert found["_id"] == "02"
    assert bson.decode(bytes(found.raw), options) == _DOCUMENTS[2]


def test_a_limit_bounds_how_many_are_found(databases: Databases) -> None:
    found = databases.run(lambda database: _found(database, {}, sort=[("_id", 1)], limit=3))

    assert [one["_id"] for one in found] == ["01", "02", "03"]


def test_a_cursor_goes_on_where_the_batch_before_ended(databases: Databases) -> None:
    async def scenario(database: Database) -> list[list[str]]:
        await _found(database)
        cursor = database["things"].find({}, sort=[("_id", 1)], batch_size=3)
        async with cursor:
            batches = [await cursor.to_list(3), await cursor.to_list(3), await cursor.to_list(3)]
        return [[one["_id"] for one in batch] for batch in batches]

    assert databases.run(scenario) == [["01", "02", "03"], ["04"], []]


def test_a_time_comes_back_in_milliseconds_and_in_utc(databases: Databases) -> None:
    async def scenario(database: Database) -> Any:
        moment = datetime(2026, 3, 1, 1, 2, 3, 456_789, tzinfo=UTC)
        await database["things"].insert_one({"_id": "1", "ts": moment})
        return await database["things"].find_one({"_id": "1"})

    found = databases.run(scenario)

    assert found["ts"] == datetime(2026, 3, 1, 1, 2, 3, 456_000, tzinfo=UTC)


def test_one_that_is_not_there_is_found_as_none(databases: Databases) -> None:
    async def scenario(database: Database) -> Any:
        return await database["things"].find_one({"_id": "1"})

    assert databases.run(scenario) is None
