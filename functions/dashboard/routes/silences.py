"""The routes of silences: alerts that nobody is notified of for a time."""

import uuid
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query

from functions.dashboard.access.caller import CallerOfRequest
from functions.dashboard.dependencies import Now, StoreOfRequest
from functions.dashboard.queries import indexed_lists
from functions.dashboard.queries.bounded_queries import bounded
from functions.dashboard.refusals import Refusal
from functions.dashboard.routes.paging import ListResponseOfRequest, list_page
from functions.dashboard.routes.writing import WritingRoute
from functions.dashboard.schemas import bodies, parameters, problems
from functions.dashboard.schemas.silences import Silence, SilenceList, with_state
from functions.dashboard.store.silences import OPERATION, end_silence, keep_silence
from shared import metrics

SilenceId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="`silence_id` of the list")]

router = APIRouter()
writing_router = APIRouter(route_class=WritingRoute)


@router.get("/silences", responses=problems.LIST)
async def silences(
    store: StoreOfRequest,
    response: ListResponseOfRequest,
    now: Now,
    query: Annotated[parameters.SilenceParameters, Query()],
) -> SilenceList:
    """Return silences, the one that ends last first; those that are over are kept as a record."""
    just_after = now + timedelta(milliseconds=1)  # `to` is the first moment after a silence
    start = just_after if query.state == "open" else None
    end = just_after if query.state == "over" else None
    page = await list_page(store, indexed_lists.silences(), query, "silences", start, end)
    rows = [with_state(row, now) for row in page.rows]
    body = {**response.body_of(page, query, "silences"), "data": rows}
    return SilenceList.model_validate(body)


@writing_router.post("/silences", status_code=HTTPStatus.CREATED, responses=problems.WRITING)
async def silence(
    store: StoreOfRequest, caller: CallerOfRequest, now: Now, body: bodies.NewSilence
) -> Silence:
    """Silence the alerts that match: nobody is notified of them, and they last all the same."""
    start, end = body.times_at(now)
    made = {
        "_id": uuid.uuid4().hex,
        "matchers": body.matchers.given,
        "from": start,
        "to": end,
        "comment": body.comment,
        "actor": caller.name or body.actor,
        "created_at": now,
        "ended": None,
    }
    async with bounded(OPERATION):
        await keep_silence(store.database, made)
    metrics.operator_actions.labels("silence", "changed").inc()
    return Silence.model_validate(with_state(made, now))


@writing_router.delete("/silences/{silence_id}", responses=problems.OF_A_SILENCE)
async def end_early(
    store: StoreOfRequest,
    silence_id: SilenceId,
    caller: CallerOfRequest,
    now: Now,
    query: Annotated[parameters.EndParameters, Query()],
) -> Silence:
    """End a silence now; it stays in the list. One that is over already stays as it is."""
    async with bounded(OPERATION):
        ended = await end_silence(store.database, silence_id, caller.name or query.actor, now)
    if ended is None:
        metrics.operator_actions.labels("end_silence", "not_found").inc()
        raise Refusal(HTTPStatus.NOT_FOUND, "there is no such silence", "silence_id")
    found, is_changed = ended
    metrics.operator_actions.labels("end_silence", "changed" if is_changed else "unchanged").inc()
    return Silence.model_validate(with_state(found, now))
