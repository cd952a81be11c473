"""The routes that look one thing up: how much is stored, and what became of one reading."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from functions.dashboard.dependencies import Store, StoreOfRequest
from functions.dashboard.queries import lookups
from functions.dashboard.queries.bounded_queries import bounded
from functions.dashboard.schemas import parameters, problems
from functions.dashboard.schemas.responses import CountedIn, Receipt, Stats
from shared.mongo.collections import Document
from shared.readings.windows import is_closed, window_start_of

ReadingId = Annotated[str, Path(pattern=r"^[0-9a-f]{44}$", description="as ingest returned it")]

router = APIRouter(responses=problems.ANY_ROUTE)


@router.get("/stats")
async def stats(
    store: StoreOfRequest, _query: Annotated[parameters.NoParameters, Query()]
) -> Stats:
    """Return how much is stored, by the collections' own counters, and how far windows are settled.

    The counters cost nothing, and can be off for a while after the database crashed.
    """
    async with bounded("stats"):
        counts = await lookups.counts(store.database)
        until = await lookups.horizon(store.database, store.window_seconds)
    return Stats(**counts, aggregated_until=until)


@router.get("/receipts/{reading_id}")
async def receipt(
    store: StoreOfRequest,
    reading_id: ReadingId,
    _query: Annotated[parameters.NoParameters, Query()],
) -> Receipt:
    """Return what became of a reading: stored and in which windows, dead-lettered, or not seen."""
    async with bounded("receipt"):
        reading = await lookups.stored_reading(store.database, reading_id)
        if reading is not None:
            return await _receipt_of_stored(store, reading_id, reading)
        letter = await lookups.newest_dead_letter(store.database, reading_id)
    if letter is None:
        return Receipt(reading_id=reading_id, state="not_seen")
    return Receipt(
        reading_id=reading_id,
        state="dead_lettered",
        dead_lettered_at=letter["dead_lettered_at"],
        reason=letter["reason"],
        status=letter["status"],
    )


async def _receipt_of_stored(store: Store, reading_id: str, reading: Document) -> Receipt:
    width = store.window_seconds
    start = window_start_of(reading["ts"], width)
    until = await lookups.horizon(store.database, width)
    counted: set[str] = set()
    if is_closed(start, width, until):
        counted = await lookups.counted_sensors(store.database, width, start, reading)
    return Receipt(
        reading_id=reading_id,
        state="stored",
        stored_as=reading["_id"],
        device_id=reading["device_id"],
        received_at=reading["received_at"],
        windows=[
            CountedIn(
                sensor_type=name, timestamp=start, window_seconds=width, closed=name in counted
            )
            for name in lookups.sensors_of(reading)
        ],
    )
