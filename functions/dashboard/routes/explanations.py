"""The route that explains an alert: its readings, its rule, and each step that led there."""

import asyncio
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Response

from functions.dashboard.dependencies import Now, StoreOfRequest
from functions.dashboard.explanation import (
    Span,
    Unexplained,
    explanation_of,
    history_of,
    is_explained,
    spans_of,
)
from functions.dashboard.queries import evidence
from functions.dashboard.queries.bounded_queries import bounded
from functions.dashboard.queries.evidence import Evidence
from functions.dashboard.queries.lookups import alert_of
from functions.dashboard.refusals import Refusal, no_such_alert
from functions.dashboard.routes.alerts import AlertIdInPath
from functions.dashboard.schemas import parameters, problems
from shared.alerts.bundle import Bundle
from shared.mongo.database import Database

router = APIRouter()


@router.get("/alerts/{alert_id:path}/explain", response_model=Bundle, responses=problems.EXPLAINING)
async def explain(
    store: StoreOfRequest,
    alert_id: AlertIdInPath,
    now: Now,
    _query: Annotated[parameters.NoParameters, Query()],
) -> Response:
    """Return what led to an alert: readings (at most 5,000), the rule, episodes and steps.

    `python -m functions.alert.replay` makes the same from it again, without any server.
    """
    async with bounded("explain"):
        alert = await alert_of(store.database, alert_id)
        revisions = await evidence.rule_revisions(store.database)
    if alert is None:
        raise no_such_alert(alert_id)
    try:
        history = history_of(alert, revisions)
    except Unexplained as error:
        detail = f"this alert cannot be explained: {error}"
        raise Refusal(HTTPStatus.CONFLICT, detail, "alert_id") from error
    for span in spans_of(alert, history, now):
        async with bounded("explain"):
            found = await _evidence(store.database, alert["device_id"], span)
        cut_at = evidence.MOST_READINGS if found.is_cut else None
        # Up to some hundred milliseconds: beside the loop, which goes on responding.
        bundle = await asyncio.to_thread(
            explanation_of, alert, history, found.readings, span.bound, cut_at
        )
        if cut_at is not None or is_explained(alert, bundle):
            break
    content = await asyncio.to_thread(bundle.model_dump_json)
    return Response(content, media_type="application/json")


async def _evidence(database: Database, device_id: str, span: Span) -> Evidence:
    if span.is_by_receipt:
        return await evidence.evidence_by_receipt(database, device_id, span.start, span.end)
    return await evidence.evidence_by_event_time(database, device_id, span.start, span.end)
