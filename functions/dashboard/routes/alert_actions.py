"""The routes by which operators acknowledge alerts; the timeline of an alert stays as it is."""

import uuid
from datetime import datetime
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Response

from functions.dashboard.access.caller import Caller, CallerOfRequest
from functions.dashboard.dependencies import Now, Store, StoreOfRequest
from functions.dashboard.queries.bounded_queries import bounded
from functions.dashboard.queries.lookups import alert_of
from functions.dashboard.refusals import Refusal, no_such_alert
from functions.dashboard.routes.alerts import AlertIdInPath
from functions.dashboard.routes.writing import WritingRoute
from functions.dashboard.schemas import bodies, problems
from functions.dashboard.schemas.alerts import ActedAlert, AlertOutcomes, shown
from functions.dashboard.store.alert_actions import OPERATION, Outcome, act_on
from shared import metrics
from shared.alerts.acknowledgement import Action, Kind

_NOTHING: Final = bodies.OperatorBody()
_ACKNOWLEDGE: Final = bodies.Acknowledge()
_VERBS: Final[dict[Kind, str]] = {
    "acknowledged": "acknowledge",
    "unacknowledged": "unacknowledge",
}

router = APIRouter(route_class=WritingRoute)


@router.post("/alerts/acknowledge", responses=problems.WRITING | problems.MIXED)
async def acknowledge_many(
    store: StoreOfRequest,
    response: Response,
    caller: CallerOfRequest,
    now: Now,
    body: bodies.AcknowledgeMany,
) -> AlertOutcomes:
    """Acknowledge several alerts; 207 where one is over or unknown, which `outcome` says."""
    action = _action("acknowledged", body, caller, now, body.until_at(now))
    async with bounded(OPERATION):
        outcomes = await act_on(store.database, body.alert_ids, action, now)
    for outcome in outcomes.values():
        metrics.operator_actions.labels("acknowledge", outcome).inc()
    if not {Outcome.OVER, Outcome.NOT_FOUND}.isdisjoint(outcomes.values()):
        response.status_code = HTTPStatus.MULTI_STATUS
    rows = [{"alert_id": one, "outcome": outcome} for one, outcome in outcomes.items()]
    return AlertOutcomes.model_validate({"data": rows})


@router.post("/alerts/{alert_id:path}/acknowledge", responses=problems.ACTING)
async def acknowledge(
    store: StoreOfRequest,
    alert_id: AlertIdInPath,
    caller: CallerOfRequest,
    now: Now,
    body: bodies.Acknowledge = _ACKNOWLEDGE,
) -> ActedAlert:
    """Acknowledge an alert at its present level: it is seen, and lasts all the same.

    It ends with a level above, at `until`, or by hand. The same again changes nothing.
    """
    action = _action("acknowledged", body, caller, now, body.until_at(now))
    return await _acted(store, alert_id, action, now)


@router.post("/alerts/{alert_id:path}/unacknowledge", responses=problems.ACTING)
async def unacknowledge(
    store: StoreOfRequest,
    alert_id: AlertIdInPath,
    caller: CallerOfRequest,
    now: Now,
    body: bodies.OperatorBody = _NOTHING,
) -> ActedAlert:
    """Take an acknowledgement back. Where there is none, nothing changes."""
    return await _acted(store, alert_id, _action("unacknowledged", body, caller, now), now)


def _action(
    kind: Kind,
    body: bodies.OperatorBody,
    caller: Caller,
    now: datetime,
    until: datetime | None = None,
) -> Action:
    actor = caller.name or body.actor
    return Action(uuid.uuid4().hex, now, actor, kind, body.comment, until)


async def _acted(store: Store, alert_id: str, action: Action, now: datetime) -> ActedAlert:
    async with bounded(OPERATION):
        outcome = (await act_on(store.database, [alert_id], action, now))[alert_id]
        found = await alert_of(store.database, alert_id)
    metrics.operator_actions.labels(_VERBS[action.kind], outcome).inc()
    if outcome is Outcome.NOT_FOUND or found is None:
        raise no_such_alert(alert_id)
    alert = shown(found, now)
    if outcome is Outcome.OVER:
        detail = f"the alert is {alert['status']}: there is nothing to acknowledge any more"
        raise Refusal(HTTPStatus.CONFLICT, detail, "alert_id")
    return ActedAlert.model_validate({**alert, "changed": outcome is Outcome.CHANGED})
