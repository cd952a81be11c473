"""The routes that count: the fleet at a glance and on a map, dead letters by what they died of."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query

from functions.dashboard.dependencies import Now, ShownSettings, StoreOfRequest
from functions.dashboard.queries.bounded_queries import bounded
from functions.dashboard.queries.device_map import device_map
from functions.dashboard.queries.fleet import causes, fleet_counts, open_alerts
from functions.dashboard.queries.lookups import horizon
from functions.dashboard.schemas import parameters, problems
from functions.dashboard.schemas.device_map import DeviceMapResponse, MapCell, MapParameters
from functions.dashboard.schemas.fleet import (
    CauseList,
    DeviceCounts,
    Fleet,
    LevelCount,
    Waiting,
)
from shared.mongo.collections import Document

_MOST_NAMED: Final = 1_000

router = APIRouter(responses=problems.ANY_ROUTE)


@router.get("/fleet")
async def fleet(
    store: StoreOfRequest,
    settings: ShownSettings,
    now: Now,
    _query: Annotated[parameters.NoParameters, Query()],
) -> Fleet:
    """Return how many devices are online, stale and alerting, and what waits in the pipeline."""
    async with bounded("fleet"):
        stale_after = timedelta(seconds=settings.stale_after_seconds)
        counts = await fleet_counts(store.database, now - stale_after)
        alerts = await open_alerts(store.database)
        until = await horizon(store.database, store.window_seconds)
    alerting = sorted({row["device_id"] for row in alerts})
    return Fleet(
        at=now,
        devices=DeviceCounts(
            total=counts.devices,
            online=counts.online,
            stale=max(counts.devices - counts.online, 0),  # the total is the collection's own
            alerting=len(alerting),
        ),
        alerts=_levels(alerts),
        alerting_devices=alerting[:_MOST_NAMED],
        stale_after_seconds=settings.stale_after_seconds,
        newest_reading_at=counts.newest,
        aggregated_until=until,
        telemetry_records=counts.telemetry_records,
        waiting=Waiting(
            batches=counts.notes_waiting,
            notices=counts.notices_waiting,
            dead_letters=counts.open_letters,
        ),
    )


@router.get("/map")
async def fleet_map(
    store: StoreOfRequest,
    settings: ShownSettings,
    now: Now,
    query: Annotated[MapParameters, Query()],
) -> DeviceMapResponse:
    """Return the devices that have told where they are, in cells of a grid."""
    async with bounded("map"):
        alerting = sorted({row["device_id"] for row in await open_alerts(store.database)})
        stale_before = now - timedelta(seconds=settings.stale_after_seconds)
        found = await device_map(store.database, query.box, stale_before, alerting)
    return DeviceMapResponse(
        cell_degrees=query.box.cell_degrees,
        devices=found.devices,
        is_cut=found.is_cut,
        data=[MapCell.model_validate(cell) for cell in found.cells],
    )


@router.get("/dead-letters/causes")
async def dead_letter_causes(
    store: StoreOfRequest, _query: Annotated[parameters.NoParameters, Query()]
) -> CauseList:
    """Return the open dead letters grouped by stage, reason and cause, the most frequent first."""
    async with bounded("dead_letter_causes"):
        return CauseList.model_validate({"data": await causes(store.database)})


def _levels(alerts: Sequence[Document]) -> list[LevelCount]:
    counts: Counter[tuple[str, str]] = Counter()
    for row in alerts:
        counts[row["severity"], row["status"]] += row["n"]
    return [
        LevelCount(
            severity=severity,
            active=counts[severity, "active"],
            acknowledged=counts[severity, "acknowledged"],
        )
        for severity in sorted({severity for severity, _ in counts})
    ]
