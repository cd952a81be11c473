"""The pairs that notes name, when they are more than a page."""

from datetime import UTC, datetime

import pytest

from functions.aggregate.store import notes
from functions.aggregate.store.note import LATE, NewNotes
from functions.aggregate.store.notes import Notes, write_notes
from functions.aggregate.store.pairs import Pair
from shared.mongo.database import Database
from tests.simulation.databases import Double

START = datetime(2026, 2, 28, tzinfo=UTC)


def test_the_pairs_of_all_notes_are_found_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "PAGE", 2)
    wanted = {Pair(f"d{number}", START) for number in range(5)}

    async def scenario(database: Database) -> set[Pair]:
        async with database.client.start_session(causal_consistency=True) as session:
            for pair in wanted:
                new = NewNotes(1)
                new.add_pair(LATE, pair)
                await write_notes(database, session, new, 60, START)
            return {pair async for page in Notes(database, session, 60).pairs() for pair in page}

    assert Double().run(scenario) == wanted
