"""The route by which operators have dead letters published again."""

from http import HTTPStatus

from fastapi import APIRouter

from functions.dashboard.access.caller import CallerOfRequest
from functions.dashboard.dependencies import Now, StoreOfRequest
from functions.dashboard.queries.bounded_queries import bounded
from functions.dashboard.routes.writing import WritingRoute
from functions.dashboard.schemas import bodies, problems
from functions.dashboard.schemas.fleet import RedriveRequested
from functions.dashboard.store.redrive_requests import OPERATION, Wanted, request_redrive
from shared import metrics

router = APIRouter(route_class=WritingRoute)


@router.post("/dead-letters/redrive", status_code=HTTPStatus.ACCEPTED, responses=problems.WRITING)
async def redrive(
    store: StoreOfRequest, caller: CallerOfRequest, now: Now, body: bodies.Redrive
) -> RedriveRequested:
    """Have open dead letters published again, the oldest first: at the dlq function's next tick.

    Safe to repeat. What fails once more is an open dead letter again.
    """
    wanted = Wanted(body.stage, body.reason, body.dead_letter_ids)
    async with bounded(OPERATION):
        requested, more = await request_redrive(
            store.database, wanted, caller.name or body.actor, now
        )
    metrics.operator_actions.labels("redrive", "changed" if requested else "unchanged").inc()
    return RedriveRequested(requested=requested, more=more)
