"""Views and hours on a double, as a refresh leaves them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.aggregate.refresh.hour_scan import HourScan
from functions.aggregate.refresh.remembered import Remembered
from functions.aggregate.refresh.work import Refresh
from functions.aggregate.store.state import DONE, summary_id
from functions.aggregate.store.views import view_of
from functions.aggregate.window_summary import ViewKey, fold
from shared.mongo.collections import DEVICES, HOURS, REFRESH, VIEWS
from shared.mongo.database import Database
from shared.readings.identity import EPOCH
from shared.settings import AggregateSettings

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def refresh_of(database: Database, width: int = 60, owner: str = "v2-test") -> Refresh:
    settings = AggregateSettings(aggregate_window_seconds=width)
    return Refresh(lambda: database, owner, settings, None, Remembered())


def view(device_id: str, minute: int, values: Sequence[float] = (1.0,)) -> dict[str, Any]:
    start = NOON + timedelta(minutes=minute)
    return view_of(ViewKey(device_id, "lux", start, 60), fold(values))


async def store(database: Database, horizon: datetime, *views: dict[str, Any]) -> None:
    """Store what a refresh up to this horizon leaves."""
    scan = {"phase": DONE, "begun": EPOCH}
    state = {"_id": summary_id(60), "horizon": horizon, "owner": "", "due": EPOCH, "scan": scan}
    await database[REFRESH].insert_one(state)
    if views:
        await database[VIEWS].insert_many(list(views), ordered=False)
        devices = [{"_id": one} for one in {view["device_id"] for view in views}]
        await database[DEVICES].insert_many(devices, ordered=False)


async def set_scan(database: Database, phase: str, begun: datetime) -> None:
    scan = {"$set": {"scan": {"phase": phase, "begun": begun}}}
    await database[REFRESH].update_one({"_id": summary_id(60)}, scan)


async def made(database: Database) -> None:
    for _ in range(20):
        if await HourScan(refresh_of(database)).step():
            return
    raise AssertionError


async def hours_in(database: Database) -> dict[tuple[str, int], list[int]]:
    """Return the slots of each device and hour after noon."""
    found = await database[HOURS].find({}).to_list()
    return {
        (one["device_id"], (one["timestamp"] - NOON) // HOUR): one["windows"]["slot"]
        for one in found
    }
