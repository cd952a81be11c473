"""Whether readings wait for their windows to settle."""

from datetime import timedelta

import pytest

from functions.aggregate.refresh.remembered import Remembered
from functions.aggregate.refresh.shares import Shares
from functions.aggregate.refresh.work import Refresh
from shared.mongo.collections import RAW
from shared.mongo.database import Database
from shared.mongo.reading_store import Incoming, document_of
from shared.settings import AggregateSettings
from tests.simulation.databases import Double
from tests.support.readings import NOW, accepted


@pytest.mark.parametrize(("ahead_s", "waits"), [(-60, True), (60, False)])
def test_a_reading_after_the_horizon_waits_for_its_window(ahead_s: int, *, waits: bool) -> None:
    reading = document_of(Incoming(accepted(), NOW))
    horizon = reading["ts"] + timedelta(seconds=ahead_s)

    async def scenario(database: Database) -> bool:
        await database[RAW].insert_many([reading], ordered=False)
        this = Refresh(lambda: database, "v2-test", AggregateSettings(), None, Remembered())
        return await Shares(this).has_readings_from(horizon)

    assert Double().run(scenario) is waits
