"""The scan after it was done: what a process of the version before noted since begins it again."""

from datetime import UTC, datetime
from typing import Any

from functions.aggregate.refresh.remembered import Remembered
from functions.aggregate.refresh.scan import Scan
from functions.aggregate.refresh.work import Refresh
from functions.aggregate.store.state import DONE, SECOND, summary_id
from shared.mongo.collections import NOTES, REFRESH
from shared.mongo.database import Database
from shared.readings.identity import EPOCH
from shared.settings import AggregateSettings
from tests.simulation.databases import Double

SETTINGS = AggregateSettings()
WIDTH_S = SETTINGS.aggregate_window_seconds
START = datetime(2026, 2, 28, tzinfo=UTC)


def test_notes_of_the_version_before_begin_the_second_scan_of_one_that_was_done() -> None:
    async def scenario(database: Database) -> tuple[bool | None, Any, Any]:
        scan = {"phase": DONE, "start": START, "position": START, "begun": START}
        state = {"_id": summary_id(WIDTH_S), "horizon": START, "owner": "0", "due": EPOCH}
        await database[REFRESH].insert_one({**state, "scan": scan})
        windows = [{"window_start": START, "device_ids": ["d"]}]
        note = {"_id": "60s/n", "window_seconds": WIDTH_S, "windows": windows}
        await database[NOTES].insert_one(note)
        this = Refresh(lambda: database, "v2-test", SETTINGS, None, Remembered())
        is_done = await Scan(this).step()
        found = await database[REFRESH].find_one({"_id": summary_id(WIDTH_S)})
        return is_done, found, await database[NOTES].find_one({"_id": "60s/n"})

    is_done, state, note = Double().run(scenario)

    assert is_done is False
    assert state["scan"]["phase"] == SECOND
    assert note is None
