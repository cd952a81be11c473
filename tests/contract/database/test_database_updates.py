"""Updates and guarded replacements: the same on the double and on the real MongoDB."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo import InsertOne, ReplaceOne, ReturnDocument, UpdateOne
from pymongo.errors import BulkWriteError

from shared.mongo.database import Database
from shared.mongo.errors import duplicates_in
from tests.simulation.databases import Databases

_THEN = datetime(2026, 3, 1, tzinfo=UTC)


def _guarded(view: dict[str, Any], seen: int) -> ReplaceOne[dict[str, Any]]:
    return ReplaceOne({"_id": view["_id"], "count": seen}, view, upsert=True)


@pytest.mark.parametrize(
    ("there", "seen", "stored", "refused"),
    [
        (None, 1, 4, []),  # nothing matches, so an insert
        (1, 1, 4, []),
        (2, 1, 2, [0]),  # nothing matches, so an insert, so a duplicate
        (5, 1, 5, [0]),
    ],
)
def test_a_guarded_replacement_replaces_only_what_was_seen(
    databases: Databases, *, there: int | None, seen: int, stored: int, refused: list[int]
) -> None:
    async def scenario(database: Database) -> Any:
        if there is not None:
            await database["views"].insert_one({"_id": "1", "count": there, "other": 1})
        try:
            await database["views"].bulk_write(
                [_guarded({"_id": "1", "count": 4}, seen)], ordered=False
            )
        except BulkWriteError as error:
            return duplicates_in(error), await database["views"].find_one({"_id": "1"})
        return [], await database["views"].find_one({"_id": "1"})

    places, found = databases.run(scenario)

    assert (places, found["count"]) == (refused, stored)


def test_a_bulk_goes_on_after_what_is_refused_and_counts_the_others(databases: Databases) -> None:
    async def scenario(database: Database) -> Any:
        await database["views"].insert_one({"_id": "1", "count": 9})
        await database["views"].insert_one({"_id": "2", "count": 1})
        await database["views"].insert_one({"_id": "4", "count": 1})
        requests: list[InsertOne[dict[str, Any]] | ReplaceOne[dict[str, Any]]] = [
            *[_guarded({"_id": name, "count": 5}, 1) for name in ("1", "2", "3")],
            *[InsertOne({"_id": name, "count": 5}) for name in ("4", "5")],
        ]
        with pytest.raises(BulkWriteError) as refused:
            await database["views"].bulk_write(requests, ordered=False)
        return refused.value.details, await database["views"].find({}).to_list()

    details, stored = databases.run(scenario)

    assert sorted(one["index"] for one in details["writeErrors"]) == [0, 3]
    names = ("nInserted", "nMatched", "nModified", "nUpserted")
    assert [details[name] for name in names] == [1, 1, 1, 1]
    assert [(one["index"], one["_id"]) for one in details["upserted"]] == [(2, "3")]
    counts = {one["_id"]: one["count"] for one in stored}
    assert counts == {"1": 9, "2": 5, "3": 5, "4": 1, "5": 5}


def test_a_replacement_leaves_nothing_of_what_was_there(databases: Databases) -> None:
    async def scenario(database: Database) -> Any:
        await database["views"].insert_one({"_id": "1", "count": 1, "old": True})
        await database["views"].bulk_write([_guarded({"_id": "1", "count": 2}, 1)], ordered=False)
        return await database["views"].find_one({"_id": "1"})

    assert databases.run(scenario) == {"_id": "1", "count": 2}


def test_many_are_updated_by_a_pipeline(databases: Databases) -> None:
    async def scenario(database: Database) -> Any:
        for name in ("1", "2", "3"):
            await database["state"].insert_one({"_id": name, "owner": "me", "due": _THEN})
        await database["state"].update_one({"_id": "3"}, [{"$set": {"owner": "another"}}])
        wanted = {"_id": {"$in": ["1", "2", "3"]}, "owner": "me"}
        freed = [{"$set": {"owner": "", "due": "$$NOW"}}]
        result = await database["state"].update_many(wanted, freed)
        found = await database["state"].find({}, sort=[("_id", 1)]).to_list()
        return result.matched_count, [(one["owner"], one["due"] > _THEN) for one in found]

    assert databases.run(scenario) == (2, [("", True), ("", True), ("another", False)])


def test_an_upsert_by_pipeline_begins_with_what_its_filter_says(databases: Databases) -> None:
    async def scenario(database: Database) -> Any:
        alive = [{"$set": {"owner": "me", "due": {"$add": ["$$NOW", 1_000]}}}]
        for _ in range(2):
            await database["state"].update_one({"_id": "i"}, alive, upsert=True)
        return await database["state"].find({}, {"owner": 1}).to_list()

    assert databases.run(scenario) == [{"_id": "i", "owner": "me"}]


def test_a_pipeline_sets_a_document(databases: Databases) -> None:
    async def scenario(database: Database) -> Any:
        await database["state"].insert_one({"_id": "s", "scan": {"phase": "done", "more": 1}})
        await database["state"].update_one({"_id": "s"}, [{"$set": {"scan": {"phase": "begin"}}}])
        pipeline = await database["state"].find_one({"_id": "s"})
        await database["state"].update_one({"_id": "s"}, {"$set": {"scan": {"phase": "first"}}})
        return pipeline, await database["state"].find_one({"_id": "s"})

    pipeline, operator = databases.run(scenario)

    # The one sets fields of what is there, the other the whole.
    assert pipeline == {"_id": "s", "scan": {"phase": "begin", "more": 1}}
    assert operator == {"_id": "s", "scan": {"phase": "first"}}


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
