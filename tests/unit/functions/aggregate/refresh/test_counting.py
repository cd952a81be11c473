"""Counting beside others who never stop writing the same views."""

from collections.abc import Mapping
from typing import Any

import pytest

from functions.aggregate.refresh.counting import Counting
from functions.aggregate.refresh.remembered import Remembered
from functions.aggregate.refresh.seen import Noted
from functions.aggregate.refresh.view_writes import ViewWrites
from functions.aggregate.store.pairs import Pair
from shared.mongo.database import Database
from shared.mongo.reading_store import Incoming, document_of
from shared.outcomes import TemporaryError
from tests.simulation.databases import Double
from tests.support.readings import NOW, accepted


async def _refuse(_writes: ViewWrites, folds: Mapping[Pair, Any]) -> list[Pair]:
    return list(folds)


def test_views_that_others_write_all_the_time_are_to_be_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ViewWrites, "write", _refuse)
    noted = Noted(60)
    noted.add(document_of(Incoming(accepted(), NOW)))

    async def scenario(database: Database) -> None:
        async with database.client.start_session(causal_consistency=True) as session:
            await Counting(database, session, 60, None, Remembered()).count(noted)

    with pytest.raises(TemporaryError, match="1 views are being written by others"):
        Double().run(scenario)
