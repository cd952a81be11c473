"""Acknowledgements that end by themselves, on the real MongoDB."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pymongo import AsyncMongoClient

from functions.alert.store.lapsed_acknowledgements import end_lapsed_acknowledgements
from shared.mongo.collections import ALERTS, Document
from shared.mongo.database import majority
from shared.mongo.indexes import make_indexes
from tests.support.servers import Documents, new_database

pytestmark = pytest.mark.database
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def database(mongo_url: str) -> Iterator[Documents]:
    with new_database(mongo_url) as made:
        yield made


def alert(number: int, until: datetime | None, **more: object) -> Document:
    held = {"at": NOON, "actor": "ann", "comment": "", "rank": 0, "until": until}
    return {
        "_id": f"{number}",
        "severity": "warning",
        "rank": 0,
        "status": "acknowledged",
        "acknowledgement": held,
        "value": 61.5,
        "version": 4,
        **more,
    }


def end_lapsed(url: str, database: Documents, now: datetime) -> int:
    async def ended() -> int:
        async with AsyncMongoClient[Document](url, tz_aware=True) as client:
            made = majority(client, database.name)
            await make_indexes(made)
            return await end_lapsed_acknowledgements(made, now)

    return asyncio.run(ended())


def test_one_ends_when_its_time_has_come_and_the_alert_is_active_again(
    mongo_url: str, database: Documents
) -> None:
    database[ALERTS].insert_many([alert(1, NOON), alert(2, NOON + timedelta(milliseconds=1))])

    assert end_lapsed(mongo_url, database, NOON) == 1

    ended, other = database[ALERTS].find().sort("_id")
    assert (ended["status"], ended["acknowledgement"], ended["version"]) == ("active", None, 5)
    assert (ended["value"], ended["updated_at"]) == (61.5, NOON)
    assert (other["status"], other["version"]) == ("acknowledged", 4)


def test_one_without_an_end_stays(mongo_url: str, database: Documents) -> None:
    database[ALERTS].insert_many([alert(1, None), {**alert(2, None), "acknowledgement": None}])

    assert end_lapsed(mongo_url, database, NOON) == 0
    assert database[ALERTS].count_documents({"status": "acknowledged"}) == 2


def test_an_alert_that_is_over_stays_over(mongo_url: str, database: Documents) -> None:
    database[ALERTS].insert_one(alert(1, NOON, ended=NOON, status="resolved"))

    assert end_lapsed(mongo_url, database, NOON) == 1
    assert database[ALERTS].distinct("status") == ["resolved"]


def test_again_there_is_nothing_to_end(mongo_url: str, database: Documents) -> None:
    database[ALERTS].insert_one(alert(1, NOON))
    end_lapsed(mongo_url, database, NOON)

    assert end_lapsed(mongo_url, database, NOON) == 0
