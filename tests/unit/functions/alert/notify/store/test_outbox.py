"""A notice is enqueued once, and for good: on the double of the database."""

import pytest

from functions.alert.notify.notices import notices_for
from functions.alert.notify.rows import rows_of
from functions.alert.notify.store.outbox import insert
from shared.mongo.collections import OUTBOX, Document
from shared.mongo.database import Database
from shared.outcomes import TemporaryError
from tests.simulation.databases import Double
from tests.support.hidden_collection import where_nothing_is_found_in
from tests.support.notices import NOON, alert

ROWS = rows_of(notices_for("opened", alert(), 1), ["oncall", "team"], NOON, NOON - NOON)


def test_rows_are_inserted_once_however_often_they_are_written_out() -> None:
    async def scenario(database: Database) -> tuple[list[int], list[Document]]:
        async with database.client.start_session(causal_consistency=True) as session:
            counts = [await insert(database, session, [*ROWS, ROWS[0]]) for _ in range(3)]
            found = await database[OUTBOX].find({}, session=session).to_list()
        return counts, found

    counts, found = Double().run(scenario)

    assert counts == [2, 0, 0]
    assert {row["_id"] for row in found} == {row["_id"] for row in ROWS}


def test_without_rows_the_database_is_left_alone() -> None:
    async def scenario(database: Database) -> int:
        async with database.client.start_session(causal_consistency=True) as session:
            return await insert(database, session, [])

    assert Double().run(scenario) == 0


def test_a_row_of_somebody_else_that_no_majority_holds_yet_is_to_be_tried_again() -> None:
    async def scenario(database: Database) -> None:
        async with database.client.start_session(causal_consistency=True) as session:
            await insert(database, session, ROWS[:1])
            await insert(where_nothing_is_found_in(database, OUTBOX), session, ROWS[:1])

    with pytest.raises(TemporaryError, match="1 notices are not confirmed by a majority"):
        Double().run(scenario)
