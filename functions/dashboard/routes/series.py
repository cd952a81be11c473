"""The routes of series: one sensor or several, of one device or several, over a range of time."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response

from functions.dashboard.dependencies import Store, StoreOfRequest
from functions.dashboard.queries.bounded_queries import bounded
from functions.dashboard.queries.lookups import horizon, hours_made_until, is_known
from functions.dashboard.queries.windows import partials_of
from functions.dashboard.refusals import UnknownDevice
from functions.dashboard.routes.compressed import respond_compressed
from functions.dashboard.schemas import problems
from functions.dashboard.schemas.series import (
    FORMATS,
    ManySeriesParameters,
    SeriesParameters,
    SeriesResponse,
)
from functions.dashboard.series.bounds import Wanted, WrongRange, bounded_grid
from functions.dashboard.series.formats import Format, accepted_format
from functions.dashboard.series.freshness import REVALIDATED, cache_control
from functions.dashboard.series.grid import Grid
from functions.dashboard.series.moments import moment_at
from functions.dashboard.series.rows import SeriesPoints, SeriesTable
from shared.readings.reading import DeviceId

router = APIRouter(responses={**problems.ANY_ROUTE, **FORMATS})


@router.get(
    "/devices/{device_id}/series",
    response_model=SeriesResponse,
    responses=problems.OF_A_DEVICE,
)
async def device_series(
    request: Request,
    store: StoreOfRequest,
    device_id: DeviceId,
    query: Annotated[SeriesParameters, Query()],
) -> Response:
    """Return the series of a device's sensors, as JSON, CSV or NDJSON; empty steps are left out.

    Of a gap, longer than the sensor's own interval, there is one point without values.
    """
    now = datetime.now(UTC)
    _grid(store, query, now, 1, made=now)  # what is wrong whatever is made
    async with bounded("device_series"):
        made = await hours_made_until(store.database, store.window_seconds)
        grid = _grid(store, query, now, 1, made)
        if not await is_known(store.database, device_id):
            raise UnknownDevice(device_id)
        table = await _table(store, grid, [device_id], query.sensors, made)
    return _response(request, store, query, table, now)


@router.get("/series", response_model=SeriesResponse)
async def series(
    request: Request, store: StoreOfRequest, query: Annotated[ManySeriesParameters, Query()]
) -> Response:
    """Return the series of several devices' sensors; a device that was never seen has no points."""
    now = datetime.now(UTC)
    _grid(store, query, now, len(query.device_ids), made=now)
    async with bounded("series"):
        made = await hours_made_until(store.database, store.window_seconds)
        grid = _grid(store, query, now, len(query.device_ids), made)
        table = await _table(store, grid, query.device_ids, query.sensors, made)
    return _response(request, store, query, table, now)


def _grid(
    store: Store, query: SeriesParameters, now: datetime, devices: int, made: datetime
) -> Grid:
    start, end = (moment_at(moment, now) for moment in query.moments)
    wanted = Wanted(start, end, query.max_points, query.step)
    try:
        return bounded_grid(wanted, store.window, devices * len(query.sensors), made)
    except WrongRange as error:
        fault = {"type": "range", "loc": ("query", error.parameter), "msg": str(error)}
        raise RequestValidationError([fault]) from error


async def _table(
    store: Store, grid: Grid, device_ids: Sequence[str], sensors: Sequence[str], made: datetime
) -> SeriesTable:
    # The horizon is read first: what it says is settled is then counted in all that is read.
    until = await horizon(store.database, store.window_seconds)
    sources = [(device_id, sensor) for device_id in device_ids for sensor in sensors]
    found = await asyncio.gather(
        *(
            partials_of(store.database, source, grid, store.window_seconds, made)
            for source in sources
        )
    )
    points = [SeriesPoints(*source, some) for source, some in zip(sources, found, strict=True)]
    return SeriesTable(grid, store.window_seconds, until, points)


def _response(
    request: Request, store: Store, query: SeriesParameters, table: SeriesTable, now: datetime
) -> Response:
    wanted = query.format or accepted_format(request.headers.get("accept", ""), Format.JSON)
    keeps = REVALIDATED
    if table.is_settled:
        keeps = cache_control(table.grid.end, now, store.lateness, is_fixed=query.is_fixed)
    content = "".join(table.text(wanted)).encode()
    return respond_compressed(request, content, wanted.media_type, {"cache-control": keeps})
