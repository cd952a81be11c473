"""Readings of one device at one time, when they are more than a page."""

from datetime import timedelta

import pytest

from functions.aggregate.store import readings
from functions.aggregate.store.readings import ReadingPages
from shared.mongo.collections import RAW, Document
from shared.mongo.database import Database
from shared.mongo.reading_store import Incoming, document_of
from tests.simulation.databases import Double
from tests.support.readings import NOW, accepted

_AT = NOW - timedelta(minutes=1)


def stored(device_id: str, seconds: int, number: int) -> Document:
    """Return a reading's document; `number` tells those of one time apart."""
    ts = (_AT + timedelta(seconds=seconds)).isoformat()
    reading = accepted(device_id=device_id, ts=ts, temperature_c=float(number))
    return document_of(Incoming(reading, NOW))


@pytest.mark.parametrize("page", [1, 2, 3, 10])
def test_all_are_found_in_pages_that_are_never_longer(
    page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings, "PAGE", page)
    times = [0, 1, 1, 1, 1, 1, 1, 1, 2, 3, 3]
    wanted = [stored("d", seconds, number) for number, seconds in enumerate(times)]
    others = [stored("e", 1, number) for number in range(5)]

    async def scenario(database: Database) -> list[list[Document]]:
        await database[RAW].insert_many([*wanted, *others], ordered=False)
        async with database.client.start_session(causal_consistency=True) as session:
            pages = ReadingPages(database, session)
            end = _AT + timedelta(minutes=1)
            return [
                list(some) async for some in pages.of_device("d", _AT - timedelta(seconds=1), end)
            ]

    found = Double().run(scenario)

    assert {one["_id"] for some in found for one in some} == {one["_id"] for one in wanted}
    assert max(map(len, found)) <= page
