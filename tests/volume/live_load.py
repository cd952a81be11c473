"""The load of a fleet that lives while a test runs, and what is seen of it in the database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pymongo import AsyncMongoClient

from tests.volume.deliveries import Deliveries
from tests.volume.fleet import Fleet, events_of
from tests.volume.freshness import Freshness

_EVERY_S: Final = 0.1


def fleet_from_now(devices: int, seconds: float, period_s: float = 1.0) -> Fleet:
    """Return a fleet that begins to speak half a second from now, for so many seconds."""
    start = datetime.now(UTC) + timedelta(seconds=0.5)
    return Fleet(devices, start, round(seconds / period_s), period_s)


async def speak(fleet: Fleet, deliveries: Deliveries, enough: asyncio.Event | None = None) -> int:
    """Deliver what the fleet says as it says it; return how many readings that were.

    It ends with the fleet's last turn, or when it is `enough`. Ten events a second, each delivered
    until it is acknowledged.
    """
    said, under_way = 0, set()
    total = fleet.turns * fleet.devices
    while said < total and not (enough and enough.is_set()):
        elapsed_s = (datetime.now(UTC) - fleet.start).total_seconds()
        until = min(total, max(0, int(elapsed_s / fleet.period_s * fleet.devices)))
        if until > said:
            records = events_of(fleet.between(said, until))
            said = until
            under_way.add(asyncio.create_task(deliveries.deliver(records)))
        done = {task for task in under_way if task.done()}
        for task in done:
            task.result()
        under_way -= done
        await asyncio.sleep(_EVERY_S)
    await asyncio.gather(*under_way)
    return said


@asynccontextmanager
async def seen(url: str, database: str, fleet: Fleet) -> AsyncIterator[Freshness]:
    """Watch how fresh the fleet's views are meanwhile."""
    async with AsyncMongoClient[dict[str, Any]](url, tz_aware=True) as client:
        freshness = Freshness(fleet)
        watching = asyncio.create_task(freshness.watch(client[database]))
        try:
            yield freshness
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
