"""The route that lists devices, in several orders, searched and filtered."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from functions.dashboard.dependencies import Now, ShownSettings, Store, StoreOfRequest
from functions.dashboard.queries.bounded_queries import bounded
from functions.dashboard.queries.device_lists import DeviceRequest, device_page_of
from functions.dashboard.queries.fleet import open_alerts
from functions.dashboard.routes.paging import ListResponseOfRequest, page_request_of
from functions.dashboard.schemas import problems, responses
from functions.dashboard.schemas.devices import DeviceParameters

router = APIRouter(responses=problems.LIST)


@router.get("/devices")
async def devices(
    store: StoreOfRequest,
    response: ListResponseOfRequest,
    settings: ShownSettings,
    now: Now,
    query: Annotated[DeviceParameters, Query()],
) -> responses.DeviceList:
    """Return devices with their newest reading; the device that reported first comes last.

    In that order paging neither repeats nor skips any; by the time of the newest reading, which
    changes meanwhile, it can.
    """
    wanted = page_request_of(query, "devices")
    start, end = _range(query, now - timedelta(seconds=settings.stale_after_seconds))
    async with bounded("devices"):
        request = DeviceRequest(
            query.chosen_order,
            wanted.limit,
            wanted.after,
            start,
            end,
            query.search,
            await _alerting(store) if query.state == "alerting" else None,
        )
        page = await device_page_of(store.database, request)
    return responses.DeviceList.model_validate(response.body_of(page, query, "devices"))


def _range(
    query: DeviceParameters, online_since: datetime
) -> tuple[datetime | None, datetime | None]:
    if query.state == "online":
        return online_since, None
    if query.state == "stale":
        return None, online_since
    return query.start, query.end


async def _alerting(store: Store) -> Collection[str]:
    return {row["device_id"] for row in await open_alerts(store.database)}
