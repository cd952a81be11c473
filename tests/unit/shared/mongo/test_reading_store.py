"""A reading that no majority holds yet, and a database that tells no time, are tried again."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from shared.mongo.collections import RAW
from shared.mongo.database import Database
from shared.mongo.reading_store import Incoming, Kept, clock_of, keep
from shared.outcomes import TemporaryError
from tests.simulation.databases import Double
from tests.support.hidden_collection import where_nothing_is_found_in
from tests.support.readings import NOW, accepted


def test_a_reading_of_somebody_else_that_no_majority_holds_yet_is_to_be_tried_again() -> None:
    async def scenario(database: Database) -> None:
        async with database.client.start_session(causal_consistency=True) as session:
            await keep(database, session, [Incoming(accepted(), NOW)])
            lagging = where_nothing_is_found_in(database, RAW)
            await keep(lagging, session, [Incoming(accepted(), NOW)])

    with pytest.raises(TemporaryError, match="1 readings are not confirmed by a majority yet"):
        Double().run(scenario)


def test_a_reading_that_is_older_than_the_retention_is_not_stored() -> None:
    async def scenario(database: Database) -> Kept:
        async with database.client.start_session(causal_consistency=True) as session:
            return await keep(database, session, [Incoming(accepted(), NOW)], timedelta(days=1))

    kept = Double().run(scenario)  # whose clock is a month later

    assert kept.too_late == {accepted().reading_id}
    assert not kept.stored_as


def test_a_database_without_an_operation_time_is_to_be_tried_again() -> None:
    session: Any = SimpleNamespace(operation_time=None)

    with pytest.raises(TemporaryError, match="told no operation time"):
        clock_of(session)
