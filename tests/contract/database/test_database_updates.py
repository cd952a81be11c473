"""What do updates and guarded replacements do? The same on the double and on the real MongoDB."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo import ReplaceOne, ReturnDocument, UpdateOne
from pymongo.errors import BulkWriteError

from shared.mongo.database import Database
from shared.mongo.errors import duplicates_in
from tests.simulation.databases import Databases

_THEN = datetime(2026, 3, 1, tzinfo=UTC)


def _guarded(view: dict[str, Any]) -> ReplaceOne[dict[str, Any]]:
    return ReplaceOne({"_id": view["_id"], "count": {"$lt": view["count"]}}, view, upsert=True)


@pytest.mark.parametrize(
    ("there", "written", "stored", "refused"),
    [
        (None, 2, 2, []),
        (1, 2, 2, []),
        (2, 2, 2, [0]),  # no match, so an insert, so a duplicate
        (3, 2, 3, [0]),
    ],
)
def test_a_guarded_replacement_replaces_only_what_is_smaller(
    databases: Databases, *, there: int | None, written: int, stored: int, refused: list[int]
) -> None:
    async def scenario(database: Database) -> Any:
        if there is not None:
            await database["views"].insert_one({"_id": "1", "count": there, "other": 1})
        try:
            await database["views"].bulk_write(
                [_guarded({"_id": "1", "count": written})], ordered=False
            )
        except BulkWriteError as error:
            return duplicates_in(error), await database["views"].find_one({"_id": "1"})
        return [], await database["views"].find_one({"_id": "1"})

    places, found = databases.run(scenario)

    assert (places, found["count"]) == (refused, stored)


def test_a_bulk_goes_on_after_a_refused_replacement_and_counts_the_others(
    databases: Databases,
) -> None:
    async def scenario(database: Database) -> Any:
        await database["views"].insert_one({"_id": "1", "count": 9})
        await database["views"].insert_one({"_id": "2", "count": 1})
        views = [{"_id": name, "count": 5} for name in ("1", "2", "3")]
        with pytest.raises(BulkWriteError) as refused:
            await database["views"].bulk_write([_guarded(one) for one in views], ordered=False)
        return refused.value.details

    details = databases.run(scenario)

    assert [one["index"] for one in details["writeErrors"]] == [0]
    assert [details[name] for name in ("nMatched", "nModified", "nUpserted")] == [1, 1, 1]
    assert details["upserted"] == [{"index": 2, "_id": "3"}]


def test_a_replacement_leaves_nothing_of_what_was_there(databases: Databases) -> None:
    async def scenario(database: Database) -> Any:
        await database["views"].insert_one({"_id": "1", "count": 1, "old": True})
        await database["views"].bulk_write([_guarded({"_id": "1", "count": 2})], ordered=False)
        return await database["views"].find_one({"_id": "1"})

    assert databases.run(scenario) == {"_id": "1", "count": 2}


def _widened(first: int, last: int, latest: dict[str, Any]) -> UpdateOne:
    return UpdateOne(
        {"_id": "d"},
        {
            "$min": {"first": first},
            "$max": {"last": last, "latest": latest},
            "$setOnInsert": {"device_id": "d"},
        },
        upsert=True,
    )


@pytest.mark.parametrize(
    ("latest", "is_greater"),
    [
        ({"_id": "02"}, True),
        ({"_id": "01", "n": 5.5}, True),
        ({"_id": "01", "n": 5.5, "more": 1}, True),
        ({"_id": "01"}, False),  # the shorter is less
        ({"_id": "01", "n": "5"}, True),  # a text is above every number
        ({"_id": "01", "a": 9.0}, False),  # names count before values
        ({"_id": "01", "z": 1.0}, True),
        ({"a": 1}, False),  # types count before names
        ({"_id": "00", "n": 9.0}, False),
        ({"_id": "01", "n": {"x": 1}}, True),
    ],
)
def test_max_compares_documents_field_by_field(
    databases: Databases, *, latest: dict[str, Any], is_greater: bool
) -> None:
    async def scenario(database: Database) -> Any:
        first = {"_id": "01", "n": 5.0}
        await database["devices"].bulk_write([_widened(3, 3, first)], ordered=False)
        await database["devices"].bulk_write([_widened(4, 2, latest)], ordered=False)
        return await database["devices"].find_one({"_id": "d"})

    stored = databases.run(scenario)

    assert (stored["latest"] == latest) is is_greater
    assert (stored["first"], stored["last"], stored["device_id"]) == (3, 3, "d")


def test_an_update_widens_what_is_stored(databases: Databases) -> None:
    async def scenario(database: Database) -> Any:
        await database["devices"].bulk_write([_widened(3, 3, {"_id": "3"})], ordered=False)
        result = await database["devices"].bulk_write([_widened(1, 5, {"_id": "5"})], ordered=False)
        stored = await database["devices"].find_one({"_id": "d"})
        return result.matched_count, result.modified_count, stored

    matched, modified, stored = databases.run(scenario)

    assert (matched, modified) == (1, 1)
    assert stored == {"_id": "d", "first": 1, "last": 5, "latest": {"_id": "5"}, "device_id": "d"}


def test_an_update_that_changes_nothing_matches_and_modifies_nothing(
    databases: Databases,
) -> None:
    async def scenario(database: Database) -> Any:
        await database["devices"].bulk_write([_widened(3, 3, {"_id": "3"})], ordered=False)
        result = await database["devices"].bulk_write([_widened(3, 3, {"_id": "3"})], ordered=False)
        return result.matched_count, result.modified_count

    assert databases.run(scenario) == (1, 0)


@pytest.mark.parametrize(("owner", "is_moved"), [("me", True), ("another", False)])
def test_a_pipeline_moves_the_horizon_forward_and_the_next_time_of_its_owner(
    databases: Databases, *, owner: str, is_moved: bool
) -> None:
    async def scenario(database: Database) -> Any:
        state = {"_id": "s", "horizon": _THEN, "due": _THEN, "owner": owner}
        await database["state"].insert_one(state)
        still_mine = {"$eq": ["$owner", "me"]}
        due = {"$cond": [still_mine, {"$add": ["$$NOW", 1500]}, "$due"]}
        later = _THEN + timedelta(seconds=60)
        update = [{"$set": {"horizon": {"$max": ["$horizon", later]}, "due": due}}]
        await database["state"].update_one({"_id": "s"}, update)
        back = [{"$set": {"horizon": {"$max": ["$horizon", _THEN]}}}]
        await database["state"].update_one({"_id": "s"}, back)
        return await database["state"].find_one({"_id": "s"})

    stored = databases.run(scenario)

    assert stored["horizon"] == _THEN + timedelta(seconds=60)
    assert (stored["due"] > _THEN) is is_moved


@pytest.mark.parametrize(("due_in_ms", "is_taken"), [(-60_000, True), (600_000, False)])
def test_a_lease_is_taken_when_it_is_due_by_the_database_clock(
    databases: Databases, *, due_in_ms: int, is_taken: bool
) -> None:
    async def scenario(database: Database) -> Any:
        await database["state"].insert_one({"_id": "s"})
        due = [{"$set": {"due": {"$add": ["$$NOW", due_in_ms]}}}]
        await database["state"].update_one({"_id": "s"}, due)
        found = await database["state"].find_one_and_update(
            {"_id": "s", "$expr": {"$lte": ["$due", "$$NOW"]}},
            [{"$set": {"owner": "me"}}],
            return_document=ReturnDocument.AFTER,
        )
        return None if found is None else found["owner"]

    assert databases.run(scenario) == ("me" if is_taken else None)


def test_a_replacement_by_hand_replaces_only_what_was_seen(databases: Databases) -> None:
    async def scenario(database: Database) -> Any:
        await database["views"].insert_one({"_id": "1", "count": 2, "sum": 3.0})
        missed = await database["views"].replace_one({"_id": "1", "sum": 9.0}, {"count": 1})
        met = await database["views"].replace_one({"_id": "1", "sum": 3.0}, {"count": 4})
        return missed.matched_count, met.matched_count, await database["views"].find({}).to_list()

    assert databases.run(scenario) == (0, 1, [{"_id": "1", "count": 4}])
