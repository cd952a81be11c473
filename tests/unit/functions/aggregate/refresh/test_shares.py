"""Whether readings wait for their windows to settle, and what is given to another process."""

from datetime import timedelta

import pytest

from functions.aggregate.refresh.remembered import Remembered
from functions.aggregate.refresh.scan import Scan
from functions.aggregate.refresh.shares import Shard, Shares
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
        return await Shares(refresh_of(database, "v2-test")).has_readings_from(horizon)

    assert Double().run(scenario) is waits


def test_the_shard_that_is_at_work_is_kept_when_another_process_appears() -> None:
    async def scenario(database: Database) -> set[Shard]:
        first = Shares(refresh_of(database, "v2-first"))
        second = Shares(refresh_of(database, "v2-second"))
        await Scan(refresh_of(database, "v2-first")).step()
        await first.beat()
        first.late_at = (4, 3)
        await second.beat()
        await first.beat()
        return first.held

    assert Double().run(scenario) == {(4, 3), (4, 0)}


def refresh_of(database: Database, owner: str) -> Refresh:
    return Refresh(lambda: database, owner, AggregateSettings(), None, Remembered())
