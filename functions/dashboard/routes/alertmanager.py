"""The part of Alertmanager's HTTP API by which Grafana shows alerts and silences them."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from pydantic import ValidationError

from functions.dashboard.access.caller import CallerOfRequest
from functions.dashboard.dependencies import Now, Store, StoreOfRequest
from functions.dashboard.prometheus.alerting import (
    RECEIVER,
    PostedSilence,
    Unmatchable,
    gettable,
    gettable_silence,
    matchers_of,
)
from functions.dashboard.queries import samples as stored
from functions.dashboard.queries.bounded_queries import bounded
from functions.dashboard.routes.silences import SilenceId
from functions.dashboard.routes.writing import WritingRoute
from functions.dashboard.schemas.bodies import NewSilence, WrongTime
from functions.dashboard.schemas.silences import with_state
from functions.dashboard.store.silences import OPERATION, end_silence, keep_silence
from shared import metrics
from shared.mongo.collections import Document

_VERSION: Final = {
    "version": "0.28.0",  # whose API this is
    "revision": "",
    "branch": "",
    "buildUser": "",
    "buildDate": "",
    "goVersion": "",
}
_NOBODY: Final = "alertmanager"

router = APIRouter(prefix="/alertmanager/api/v2")
writing_router = APIRouter(prefix="/alertmanager/api/v2", route_class=WritingRoute)


@router.get("/status")
async def status(now: Now) -> Response:
    """Say that it is here."""
    cluster = {"name": "iot-telemetry", "status": "ready", "peers": []}
    started = now.isoformat().replace("+00:00", "Z")
    return JSONResponse(
        {"cluster": cluster, "versionInfo": _VERSION, "config": {"original": ""}, "uptime": started}
    )


@router.get("/alerts")
async def alerts(store: StoreOfRequest, now: Now) -> Response:
    """List the open alerts."""
    return JSONResponse(await _alerts(store, now))


@router.get("/alerts/groups")
async def groups(store: StoreOfRequest, now: Now) -> Response:
    """List them as one group."""
    found = await _alerts(store, now)
    group = {"labels": {}, "receiver": RECEIVER, "alerts": found}
    return JSONResponse([group] if found else [])


@router.get("/silences")
async def silences(store: StoreOfRequest, now: Now) -> Response:
    """List the silences, those that are over too."""
    async with bounded("silences"):
        found = await stored.silences(store.database)
    return JSONResponse([_shown(one, now) for one in found])


@router.get("/silence/{silence_id}")
async def silence(store: StoreOfRequest, silence_id: SilenceId, now: Now) -> Response:
    """Return one silence."""
    async with bounded("silences"):
        found = await stored.silence(store.database, silence_id)
    return _no_such() if found is None else JSONResponse(_shown(found, now))


@writing_router.post("/silences")
async def keep(
    store: StoreOfRequest, caller: CallerOfRequest, now: Now, body: PostedSilence
) -> Response:
    """Make a silence; one with an `id` takes the place of that one, which ends."""
    actor = caller.name or body.created_by or _NOBODY
    try:
        new = NewSilence.model_validate(
            {
                "matchers": matchers_of(body.matchers),
                "from": body.starts_at,
                "to": body.ends_at,
                "comment": body.comment or "by Alertmanager's API",
                "actor": actor,
            }
        )
        start, end = new.times_at(now)
    except (Unmatchable, WrongTime, ValidationError) as error:
        return JSONResponse(str(error), HTTPStatus.BAD_REQUEST)
    made: Document = {
        "_id": uuid.uuid4().hex,
        "matchers": new.matchers.given,
        "from": max(start, now),
        "to": end,
        "comment": new.comment,
        "actor": new.actor,
        "created_at": now,
        "ended": None,
    }
    async with bounded(OPERATION):
        await keep_silence(store.database, made)
        if body.id:
            await end_silence(store.database, body.id, new.actor, now)
    metrics.operator_actions.labels("silence", "changed").inc()
    return JSONResponse({"silenceID": made["_id"]})


@writing_router.delete("/silence/{silence_id}")
async def end(
    store: StoreOfRequest, caller: CallerOfRequest, silence_id: SilenceId, now: Now
) -> Response:
    """End a silence; it stays in the list."""
    async with bounded(OPERATION):
        ended = await end_silence(store.database, silence_id, caller.name or _NOBODY, now)
    if ended is None:
        return _no_such()
    metrics.operator_actions.labels("end_silence", "changed" if ended[1] else "unchanged").inc()
    return JSONResponse({})


async def _alerts(store: Store, now: datetime) -> Sequence[object]:
    async with bounded("alerts"):
        found = await stored.open_alerts(store.database)
        in_force = await stored.silences_in_force(store.database, now)
    return [gettable(one, in_force, now) for one in found]


def _shown(silence: Document, now: datetime) -> object:
    return gettable_silence(silence, with_state(silence, now)["state"])


def _no_such() -> Response:
    return JSONResponse("there is no such silence", HTTPStatus.NOT_FOUND)
