"""A function of events: an event in, an outcome out, counted."""

import logging
import time
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from http import HTTPStatus
from typing import Final, Protocol

from shared import metrics
from shared.outcomes import PermanentError, TemporaryError
from shared.readings.cloud_event import REQUIRED, CloudEvent, event_of
from shared.serving.function import Resource
from shared.serving.http import (
    HttpRequest,
    HttpResponse,
    permanent_error_response,
    problem,
    temporary_error_response,
)

_REMEMBERED: Final = 10_000
_log = logging.getLogger(__name__)


class Connection(Resource, Protocol):
    """The connection to the database that a function of events works on."""

    def not_ready(self) -> str | None: ...


class EventHandler(Protocol):
    """What a function does with an event: return when it is done for good, or raise an outcome."""

    async def handle(self, event: CloudEvent) -> None: ...


class EventFunction:
    """Opens and closes what a handler works on, and turns its outcomes into status codes.

    The status codes are KafkaSource's retry protocol. `resources` are opened in their order after
    the connection and closed in reverse before it; `required` are the attributes without which
    a request is no event.
    """

    def __init__(
        self,
        name: str,
        connection: Connection,
        handler: EventHandler,
        *,
        resources: Sequence[Resource] = (),
        required: Sequence[str] = REQUIRED,
    ) -> None:
        self.name = name
        self._connection = connection
        self._handler = handler
        self._resources = resources
        self._required = required
        self._opened = AsyncExitStack()
        self._seen: OrderedDict[tuple[str, str], None] = OrderedDict()

    async def open(self) -> None:
        """Open the connection, then the resources."""
        for resource in (self._connection, *self._resources):
            await resource.open()
            self._opened.push_async_callback(resource.close)

    async def close(self) -> None:
        """Close what was opened, the last one first."""
        await self._opened.aclose()

    def not_ready(self) -> str | None:
        """Return None while the connection is ready, else the reason."""
        return self._connection.not_ready()

    async def respond(self, request: HttpRequest) -> HttpResponse:
        """Return 204 when done, 422 for bad data, 503 to be retried, 405 for another method.

        Any other exception is a bug and becomes a 500, which KafkaSource retries.
        """
        if request.method != "POST":
            return problem(
                HTTPStatus.METHOD_NOT_ALLOWED, "events come by POST", [("allow", "POST")]
            )
        started = time.perf_counter()
        try:
            response, outcome = await self._outcome(request)
        finally:
            metrics.event_seconds.observe(time.perf_counter() - started)
        metrics.events.labels(outcome).inc()
        return response

    async def _outcome(self, request: HttpRequest) -> tuple[HttpResponse, str]:
        event_id = None
        try:
            event = event_of(request.headers, request.body, self._required)
            event_id = event.event_id
            self._count_if_seen(event)
            await self._handler.handle(event)
        except PermanentError as rejected:
            _log.warning("rejected", extra={"event_id": event_id, "reason": str(rejected)})
            return permanent_error_response(rejected), "rejected"
        except TemporaryError as outcome:
            _log.warning("try again", extra={"event_id": event_id, "reason": str(outcome)})
            return temporary_error_response(outcome), "try_again"
        except Exception as error:  # noqa: BLE001 - the shell: whatever it is, it is reported
            _log.exception("failed", extra={"event_id": event_id}, exc_info=error)
            return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "a fault of this function"), "error"
        return HttpResponse(HTTPStatus.NO_CONTENT), "done"

    def _count_if_seen(self, event: CloudEvent) -> None:
        key = (event.source, event.event_id)
        if key in self._seen:
            metrics.events_seen_again.inc()
        self._seen[key] = None
        self._seen.move_to_end(key)
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
