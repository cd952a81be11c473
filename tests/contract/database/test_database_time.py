"""The database's time as a session tells it. The same on the double and on the real
MongoDB.
"""

from typing import Any

import pytest
from bson.timestamp import Timestamp
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from shared.mongo.database import Database
from tests.simulation.databases import Databases


def test_a_session_knows_no_time_before_its_first_answer(databases: Databases) -> None:
    async def scenario(database: Database) -> Any:
        async with database.client.start_session(causal_consistency=True) as session:
            return session.operation_time

    assert databases.run(scenario) is None


def test_time_goes_on_with_each_write(databases: Databases) -> None:
    async def scenario(database: Database) -> list[Timestamp | None]:
        async with database.client.start_session(causal_consistency=True) as session:
            await database["things"].insert_one({"_id": "1"}, session=session)
            first = session.operation_time
            await database["things"].insert_one({"_id": "2"}, session=session)
            return [first, session.operation_time]

    first, second = databases.run(scenario)

    assert first is not None
    assert second is not None
    assert first < second


def test_a_read_tells_the_time_of_what_it_read_and_never_an_earlier_one(
    databases: Databases,
) -> None:
    async def scenario(database: Database) -> list[Timestamp | None]:
        async with database.client.start_session(causal_consistency=True) as session:
            await database["things"].insert_one({"_id": "1"}, session=session)
            written = session.operation_time
            await database["things"].find({}, session=session).to_list()
            return [written, session.operation_time]

    written, read = databases.run(scenario)

    assert written is not None
    assert read is not None
    assert read >= written


def test_a_refused_write_tells_a_time_not_before_that_of_what_refused_it(
    databases: Databases,
) -> None:
    async def scenario(database: Database) -> list[Timestamp | None]:
        async with database.client.start_session(causal_consistency=True) as other:
            await database["things"].insert_one({"_id": "1"}, session=other)
            written = other.operation_time
        async with database.client.start_session(causal_consistency=True) as session:
            with pytest.raises(BulkWriteError):
                await database["things"].insert_many([{"_id": "1"}], ordered=False, session=session)
            return [written, session.operation_time]

    written, refused = databases.run(scenario)

    assert written is not None
    assert refused is not None
    assert refused >= written


def test_a_write_that_changes_nothing_tells_a_time_not_before_what_it_found(
    databases: Databases,
) -> None:
    async def scenario(database: Database) -> list[Timestamp | None]:
        async with database.client.start_session(causal_consistency=True) as other:
            await database["things"].insert_one({"_id": "1", "n": 1}, session=other)
            written = other.operation_time
        async with database.client.start_session(causal_consistency=True) as session:
            update = UpdateOne({"_id": "1"}, {"$max": {"n": 1}})
            await database["things"].bulk_write([update], ordered=False, session=session)
            return [written, session.operation_time]

    written, found = databases.run(scenario)

    assert written is not None
    assert found is not None
    assert found >= written


def test_a_session_sees_what_another_wrote_before_it_asked(databases: Databases) -> None:
    async def scenario(database: Database) -> Any:
        async with database.client.start_session(causal_consistency=True) as other:
            await database["things"].insert_one({"_id": "1"}, session=other)
        async with database.client.start_session(causal_consistency=True) as session:
            return await database["things"].find_one({"_id": "1"}, session=session)

    assert databases.run(scenario) == {"_id": "1"}
