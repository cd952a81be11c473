"""The routes of the lists: from parameters to an index, and from rows to their shape."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query

from functions.dashboard.dependencies import ShownSettings, Store, StoreOfRequest
from functions.dashboard.queries import indexed_lists
from functions.dashboard.queries.bounded_queries import bounded
from functions.dashboard.queries.lookups import horizon, is_known
from functions.dashboard.queries.pages import page_of, telemetry_page_of
from functions.dashboard.refusals import UnknownDevice
from functions.dashboard.routes.paging import (
    ListResponseOfRequest,
    filters_of,
    list_page,
    page_request_of,
)
from functions.dashboard.schemas import parameters, problems, responses
from functions.dashboard.schemas.public_dead_letter import without_details
from shared.mongo.collections import Document
from shared.readings.reading import DeviceId
from shared.readings.windows import is_closed

router = APIRouter(responses=problems.LIST)


@router.get("/telemetry")
async def telemetry(
    store: StoreOfRequest,
    response: ListResponseOfRequest,
    query: Annotated[parameters.TelemetryParameters, Query()],
) -> responses.TelemetryList:
    """Return readings, newest first; equal milliseconds by id."""
    wanted = page_request_of(query, "telemetry")
    async with bounded("telemetry"):
        if query.device_id is None:
            page = await telemetry_page_of(store.database, wanted)
        else:
            listing = indexed_lists.device_telemetry(query.device_id)
            page = await page_of(store.database, listing, wanted)
    return responses.TelemetryList.model_validate(response.body_of(page, query, "telemetry"))


@router.get("/devices/{device_id}/telemetry", responses=problems.OF_A_DEVICE)
async def device_telemetry(
    store: StoreOfRequest,
    response: ListResponseOfRequest,
    device_id: DeviceId,
    query: Annotated[parameters.Ranged, Query()],
) -> responses.DeviceTelemetryList:
    """Return readings of one device, newest first."""
    list_name = f"telemetry of {device_id}"
    wanted = page_request_of(query, list_name)
    async with bounded("device_telemetry"):
        await _refuse_unless_known(store, device_id)
        page = await page_of(store.database, indexed_lists.device_telemetry(device_id), wanted)
    body = {**response.body_of(page, query, list_name), "device_id": device_id}
    return responses.DeviceTelemetryList.model_validate(body)


@router.get("/aggregated")
async def aggregated(
    store: StoreOfRequest,
    response: ListResponseOfRequest,
    query: Annotated[parameters.AggregateParameters, Query()],
) -> responses.AggregateList:
    """Return summaries, one per device, sensor and window, newest window first."""
    listing = indexed_lists.aggregates(filters_of(query, "device_id", "sensor_type"))
    wanted = page_request_of(query, "aggregated")
    async with bounded("aggregated"):
        page = await page_of(store.database, listing, wanted)
        rows = await _with_closed(store, page.rows)
    body = {**response.body_of(page, query, "aggregated"), "data": rows}
    return responses.AggregateList.model_validate(body)


@router.get("/devices/{device_id}/aggregates", responses=problems.OF_A_DEVICE)
async def device_aggregates(
    store: StoreOfRequest,
    response: ListResponseOfRequest,
    device_id: DeviceId,
    query: Annotated[parameters.DeviceAggregateParameters, Query()],
) -> responses.DeviceAggregateList:
    """Return summaries of one device, newest window first."""
    list_name = f"aggregates of {device_id}"
    listing = indexed_lists.aggregates({"device_id": device_id, **filters_of(query, "sensor_type")})
    wanted = page_request_of(query, list_name)
    async with bounded("device_aggregates"):
        await _refuse_unless_known(store, device_id)
        page = await page_of(store.database, listing, wanted)
        rows = await _with_closed(store, page.rows)
    body = {**response.body_of(page, query, list_name), "data": rows, "device_id": device_id}
    return responses.DeviceAggregateList.model_validate(body)


@router.get("/dead-letters")
async def dead_letters(
    store: StoreOfRequest,
    response: ListResponseOfRequest,
    settings: ShownSettings,
    query: Annotated[parameters.DeadLetterParameters, Query()],
) -> responses.DeadLetterList:
    """Return events that could not be handled, the newest first, without their bytes."""
    listing = indexed_lists.dead_letters(filters_of(query, "stage", "reason", "status"))
    page = await list_page(store, listing, query, "dead_letters")
    body = response.body_of(page, query, "dead_letters")
    if not settings.dead_letter_details:
        body["data"] = [without_details(letter) for letter in page.rows]
    return responses.DeadLetterList.model_validate(body)


async def _with_closed(store: Store, rows: Sequence[Document]) -> list[Document]:
    until = await horizon(store.database, store.window_seconds)
    return [
        {**row, "closed": is_closed(row["timestamp"], row["window_seconds"], until)} for row in rows
    ]


async def _refuse_unless_known(store: Store, device_id: str) -> None:
    if not await is_known(store.database, device_id):
        raise UnknownDevice(device_id)
