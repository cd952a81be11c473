"""The routes that show alerts: lists of them, and one with its history."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from functions.dashboard.dependencies import Now, StoreOfRequest
from functions.dashboard.error_handlers import no_such_alert
from functions.dashboard.queries import indexed_lists
from functions.dashboard.queries.bounded_queries import bounded
from functions.dashboard.queries.lookups import alert_of
from functions.dashboard.routes.paging import ListResponseOfRequest, filters_of, list_page
from functions.dashboard.schemas import parameters, problems
from functions.dashboard.schemas.alerts import AlertDetail, AlertList, shown
from functions.dashboard.schemas.bodies import AlertId

AlertIdInPath = Annotated[AlertId, Path(description="`alert_id` of a list")]

router = APIRouter()


@router.get("/alerts", responses=problems.LIST)
async def alerts(
    store: StoreOfRequest,
    response: ListResponseOfRequest,
    now: Now,
    query: Annotated[parameters.AlertParameters, Query()],
) -> AlertList:
    """Return alerts, the one stored last first; the time range is that of storing them first."""
    filters = filters_of(query, "device_id", "sensor_type", "rule_id", "severity")
    listing = indexed_lists.alerts(filters, query.statuses)
    page = await list_page(store, listing, query, "alerts", query.start_at(now))
    body = response.body_of(page, query, "alerts")
    return AlertList.model_validate({**body, "data": [shown(row, now) for row in page.rows]})


@router.get("/alerts/recent", responses=problems.LIST)
async def recent_alerts(
    store: StoreOfRequest,
    response: ListResponseOfRequest,
    now: Now,
    query: Annotated[parameters.RecentParameters, Query()],
) -> AlertList:
    """Return alerts that are open (active or acknowledged) or were stored within a time span."""
    listing = indexed_lists.recent_alerts(query.since(now))
    page = await list_page(store, listing, query, "recent_alerts")
    body = response.body_of(page, query, "recent_alerts")
    return AlertList.model_validate({**body, "data": [shown(row, now) for row in page.rows]})


# Alerts of 0.1.0 have a slash in their id.
@router.get("/alerts/{alert_id:path}", responses=problems.OF_AN_ALERT)
async def alert(
    store: StoreOfRequest,
    alert_id: AlertIdInPath,
    now: Now,
    _query: Annotated[parameters.NoParameters, Query()],
) -> AlertDetail:
    """Return one alert with the readings that opened and closed it, and its history."""
    async with bounded("alert"):
        found = await alert_of(store.database, alert_id)
    if found is None:
        raise no_such_alert(alert_id)
    return AlertDetail.model_validate(shown(found, now))
