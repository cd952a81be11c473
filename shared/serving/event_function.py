"""What do the event functions share? An event in, an outcome out, counted: `answer` for the
shell.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final, Protocol

from shared import metrics
from shared.outcomes import PermanentError, TemporaryError
from shared.readings.cloud_event import REQUIRED, CloudEvent, event_of
from shared.serving.http import (
    HttpRequest,
    HttpResponse,
    permanent_error_response,
    problem,
    temporary_error_response,
)

_REMEMBERED: Final = 10_000
_log = logging.getLogger(__name__)


class EventHandler(Protocol):
    """What a function does with an event: returns when it is done for good, or raises an
    outcome.
    """

    async def handle(self, event: CloudEvent) -> None: ...


class EventResponder:
    """Turns requests into events and outcomes into status codes, which are KafkaSource's retry
    protocol.
    """

    def __init__(self, handler: EventHandler, required: Sequence[str] = REQUIRED) -> None:
        self._handler = handler
        self._required = required
        self._seen: OrderedDict[tuple[str, str], None] = OrderedDict()

    async def respond(self, request: HttpRequest) -> HttpResponse:
        """Give 204 when done, 422 for bad data, 503 to be retried, 405 for another method than
        POST.

        Any other exception is a bug and becomes a 500, which KafkaSource retries.
        """
        if request.method != "POST":
            return problem(
                HTTPStatus.METHOD_NOT_ALLOWED, "events come by POST", [("allow", "POST")]
            )
        started = time.perf_counter()
        try:
            answer, outcome = await self._outcome(request)
        finally:
            metrics.event_seconds.observe(time.perf_counter() - started)
        metrics.events.labels(outcome).inc()
        return answer

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
        except Exception as error:  # noqa: BLE001 - the shell: whatever it is, it is answered or told
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
