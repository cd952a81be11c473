"""The route that tells of changes as they happen: server-sent events."""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse

from functions.dashboard.dependencies import ShownSettings
from functions.dashboard.error_handlers import response_of
from functions.dashboard.live.events import BEGIN, END, KEEP_ALIVE
from functions.dashboard.live.hub import LiveHub, TooManyClients
from functions.dashboard.live.mailbox import Mailbox
from functions.dashboard.live.position import position_in
from functions.dashboard.request_forms import is_head
from functions.dashboard.schemas import problems
from functions.dashboard.schemas.live import EventParameters
from shared.outcomes import RETRY_AFTER_S
from shared.serving.http import problem

KEEP_ALIVE_S: Final = 15.0  # proxies cut connections that say nothing for a minute or so
_HEADERS: Final = {"cache-control": "no-store", "x-accel-buffering": "no"}
_TYPE: Final = "text/event-stream"

router = APIRouter(responses=problems.ANY_ROUTE)


@router.get("/events", response_class=StreamingResponse, responses={200: {"content": {_TYPE: {}}}})
async def events(
    request: Request, settings: ShownSettings, query: Annotated[EventParameters, Query()]
) -> Response:
    """Tell of changes as they happen: devices, windows, alerts, dead letters, as lists show them.

    A client goes on by the `id` of the last event; where what it missed is not known any more, or
    is much, it gets `refetch`. The stream ends after a while, with `end`: the client comes again.
    """
    if is_head(request.scope):
        return Response(headers=_HEADERS, media_type=_TYPE)
    hub: LiveHub = request.app.state.live
    after = position_in(request.headers.get("last-event-id") or query.after or "")
    try:
        mailbox = await hub.join(query.interest, after)
    except TooManyClients:
        return _full()
    content = _texts(hub, mailbox, settings.events_seconds)
    return StreamingResponse(content, headers=_HEADERS, media_type=_TYPE)


async def _texts(hub: LiveHub, mailbox: Mailbox, seconds: float) -> AsyncIterator[bytes]:
    clock = asyncio.get_running_loop().time
    end = clock() + seconds
    try:
        yield BEGIN
        while (left := end - clock()) > 0:
            text = await mailbox.take(min(left, KEEP_ALIVE_S))
            if mailbox.is_ended and not text:
                return
            yield text or KEEP_ALIVE
        yield END
    finally:
        hub.leave(mailbox)


def _full() -> Response:
    retry = ("retry-after", str(RETRY_AFTER_S))
    detail = "as many clients are connected as this instance takes; try again"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    return response_of(problem(status, detail, [retry], reason="too_many_clients"))
