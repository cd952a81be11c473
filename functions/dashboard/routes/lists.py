"""Which lists are there? Each route takes parameters to an index and rows to their shape."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query

from functions.dashboard.dependencies import Store, Stored
from functions.dashboard.error_handlers import UnknownDevice
from functions.dashboard.queries import indexed_lists
from functions.dashboard.queries.bounded_queries import answered
from functions.dashboard.queries.cursor import cursor_of, position_of
from functions.dashboard.queries.lookups import horizon, is_known
from functions.dashboard.queries.pages import Asked, Page, page_of, telemetry_page_of
from functions.dashboard.schemas import parameters, problems, responses
from shared.mongo.collections import Document
from shared.readings.reading import DeviceId
from shared.readings.windows import is_closed

router = APIRouter(responses=problems.LIST)


@router.get("/telemetry")
async def telemetry(
    store: Stored, query: Annotated[parameters.TelemetryParameters, Query()]
) -> responses.TelemetryList:
    """Readings, newest first; equal milliseconds by id."""
    asked = _asked(query, "telemetry")
    async with answered("telemetry"):
        if query.device_id is None:
            page = await telemetry_page_of(store.database, asked)
        else:
            listing = indexed_lists.device_telemetry(query.device_id)
            page = await page_of(store.database, listing, asked)
    return responses.TelemetryList.model_validate(_list(page, query, "telemetry"))


@router.get("/devices/{device_id}/telemetry", responses=problems.OF_A_DEVICE)
async def device_telemetry(
    store: Stored, device_id: DeviceId, query: Annotated[parameters.Ranged, Query()]
) -> responses.DeviceTelemetryList:
    """Readings of one device, newest first."""
    bound_to = f"telemetry of {device_id}"
    asked = _asked(query, bound_to)
    async with answered("device_telemetry"):
        await _refuse_unless_known(store, device_id)
        page = await page_of(store.database, indexed_lists.device_telemetry(device_id), asked)
    found = {**_list(page, query, bound_to), "device_id": device_id}
    return responses.DeviceTelemetryList.model_validate(found)


@router.get("/aggregated")
async def aggregated(
    store: Stored, query: Annotated[parameters.AggregateParameters, Query()]
) -> responses.AggregateList:
    """Summaries, one per device, sensor and window, newest window first."""
    listing = indexed_lists.aggregates(_filters(query, "device_id", "sensor_type"))
    asked = _asked(query, "aggregated")
    async with answered("aggregated"):
        page = await page_of(store.database, listing, asked)
        rows = await _with_closed(store, page.rows)
    return responses.AggregateList.model_validate(
        {**_list(page, query, "aggregated"), "data": rows}
    )


@router.get("/devices/{device_id}/aggregates", responses=problems.OF_A_DEVICE)
async def device_aggregates(
    store: Stored,
    device_id: DeviceId,
    query: Annotated[parameters.DeviceAggregateParameters, Query()],
) -> responses.DeviceAggregateList:
    """Summaries of one device, newest window first."""
    bound_to = f"aggregates of {device_id}"
    listing = indexed_lists.aggregates({"device_id": device_id, **_filters(query, "sensor_type")})
    asked = _asked(query, bound_to)
    async with answered("device_aggregates"):
        await _refuse_unless_known(store, device_id)
        page = await page_of(store.database, listing, asked)
        rows = await _with_closed(store, page.rows)
    found = {**_list(page, query, bound_to), "data": rows, "device_id": device_id}
    return responses.DeviceAggregateList.model_validate(found)


@router.get("/alerts")
async def alerts(
    store: Stored, query: Annotated[parameters.AlertParameters, Query()]
) -> responses.AlertList:
    """Alerts, the one raised last first; the time range is that of raising them."""
    filters = _filters(query, "device_id", "sensor_type", "severity", "status")
    page = await _page(store, indexed_lists.alerts(filters), query, "alerts")
    return responses.AlertList.model_validate(_list(page, query, "alerts"))


@router.get("/alerts/recent")
async def recent_alerts(
    store: Stored, query: Annotated[parameters.RecentParameters, Query()]
) -> responses.AlertList:
    """Alerts that are active or were raised within a time span."""
    listing = indexed_lists.recent_alerts(query.since(datetime.now(UTC)))
    page = await _page(store, listing, query, "recent_alerts")
    return responses.AlertList.model_validate(_list(page, query, "recent_alerts"))


@router.get("/devices")
async def devices(
    store: Stored, query: Annotated[parameters.Ranged, Query()]
) -> responses.DeviceList:
    """Devices with their newest reading; the device that was heard first comes last.

    The order, and the time range, go by a device's first reading: unlike its newest it stays, so
    that paging through devices that report neither repeats nor skips any.
    """
    page = await _page(store, indexed_lists.devices(), query, "devices")
    return responses.DeviceList.model_validate(_list(page, query, "devices"))


@router.get("/dead-letters")
async def dead_letters(
    store: Stored, query: Annotated[parameters.DeadLetterParameters, Query()]
) -> responses.DeadLetterList:
    """Events that could not be handled, the newest first, without their bytes."""
    listing = indexed_lists.dead_letters(_filters(query, "stage", "reason", "status"))
    page = await _page(store, listing, query, "dead_letters")
    return responses.DeadLetterList.model_validate(_list(page, query, "dead_letters"))


async def _page(
    store: Store, listing: indexed_lists.Listing, query: parameters.Paged, name: str
) -> Page:
    asked = _asked(query, name)
    async with answered(name):
        return await page_of(store.database, listing, asked)


def _asked(query: parameters.Paged, bound_to: str) -> Asked:
    after = position_of(query.cursor, bound_to + query.filters) if query.cursor else None
    if isinstance(query, parameters.Ranged):
        return Asked(query.limit, query.start, query.end, after)
    return Asked(query.limit, after=after)


def _list(page: Page, query: parameters.Paged, bound_to: str) -> dict[str, Any]:
    more = None if page.next is None else cursor_of(page.next, bound_to + query.filters)
    return {"data": page.rows, "next_cursor": more}


def _filters(query: parameters.Paged, *names: str) -> dict[str, str]:
    given = {name: getattr(query, name) for name in names}
    return {name: value for name, value in given.items() if value is not None}


async def _with_closed(store: Store, rows: Sequence[Document]) -> list[Document]:
    until = await horizon(store.database, store.window_seconds)
    return [
        {**row, "closed": is_closed(row["timestamp"], row["window_seconds"], until)} for row in rows
    ]


async def _refuse_unless_known(store: Store, device_id: str) -> None:
    if not await is_known(store.database, device_id):
        raise UnknownDevice(device_id)
