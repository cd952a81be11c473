"""The ingest function: readings to Kafka, and a response once they are safe there."""

import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final, Protocol

from functions.ingest.gate import Gate
from functions.ingest.request_body import MalformedBody, OversizedBatch, Posting, posting_of
from functions.ingest.request_headers import idempotency_key, is_all_or_nothing, media_type_problem
from functions.ingest.responses import all_bad, queued
from shared import metrics
from shared.auth.principal import Principal
from shared.outcomes import PermanentError, Reason, TemporaryError
from shared.readings.reading import EARLIEST
from shared.readings.reading_event import Record, records_of
from shared.serving.http import HttpRequest, HttpResponse, problem, temporary_error_response

_PATHS: Final = ("/ingest", "/v1/ingest", "")  # with or without a slash at the end
_QUEUED: Final = (HTTPStatus.ACCEPTED, HTTPStatus.MULTI_STATUS)
_METHODS: Final = [("allow", "OPTIONS, POST")]


class Publisher(Protocol):
    """Where records become safe; `publish` returns once they are, or raises TemporaryError."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    def not_ready(self) -> str | None: ...

    async def publish(self, topic: str, records: Sequence[Record]) -> None: ...


class IngestFunction:
    """The ingest function: never a success for a reading that Kafka has not acknowledged."""

    name = "ingest"

    def __init__(
        self,
        publisher: Publisher,
        topic: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        nonce: Callable[[], str] = lambda: secrets.token_hex(8),
        earliest: datetime = EARLIEST,
        gate: Gate | None = None,
    ) -> None:
        self._publisher = publisher
        self._topic = topic
        self._now = now
        self._nonce = nonce
        self._earliest = earliest
        self._gate = gate

    async def open(self) -> None:
        await self._publisher.open()
        if self._gate is not None:
            await self._gate.open()

    async def close(self) -> None:
        if self._gate is not None:
            await self._gate.close()
        await self._publisher.close()

    def not_ready(self) -> str | None:
        return self._publisher.not_ready()

    async def respond(self, request: HttpRequest) -> HttpResponse:
        """Return 202 (all queued), 207 (some), 422 (none is good), or why the request is refused.

        That is 400, 401, 403, 404, 405, 413, 415, 429 or 503; for OPTIONS, 204.
        """
        refusal = _refusal(request)
        if refusal is not None:
            return refusal
        if self._gate is None:
            return await self._respond_to(request, None)
        caller = await self._gate.caller_of(request)
        if isinstance(caller, HttpResponse):
            return caller
        return await self._respond_to(request, caller)

    async def _respond_to(self, request: HttpRequest, caller: Principal | None) -> HttpResponse:
        now = self._now()
        try:
            key = idempotency_key(request)
            posting = posting_of(request.body, now, key, self._nonce, self._earliest)
        except MalformedBody as error:
            return _count_refused(problem(HTTPStatus.BAD_REQUEST, str(error)), Reason.MALFORMED)
        except OversizedBatch as error:
            return _count_refused(
                problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error)), Reason.OVERSIZED
            )
        except PermanentError as rejected:
            return _count_refused(
                problem(HTTPStatus.BAD_REQUEST, rejected.detail, field=rejected.field),
                Reason.INVALID,
            )
        strict = is_all_or_nothing(request)
        if self._gate is None:
            return await self._queue(posting, now, strict=strict)
        return await self._queue_admitted(self._gate, posting, caller, now, strict=strict)

    async def _queue_admitted(
        self,
        gate: Gate,
        posting: Posting,
        caller: Principal | None,
        now: datetime,
        *,
        strict: bool,
    ) -> HttpResponse:
        admitted = gate.admit(posting, caller)
        left = admitted.posting
        response = await self._queue(left, now, strict=strict)
        if response.status not in _QUEUED:
            gate.give_back([reading for _index, reading in left.accepted])
            at_fault = response.status == HTTPStatus.UNPROCESSABLE_ENTITY
            return (gate.refusal_of(admitted) if at_fault else None) or response
        headers = gate.headers_of(admitted)
        return replace(response, headers=[*response.headers, *headers]) if headers else response

    async def _queue(self, posting: Posting, now: datetime, *, strict: bool) -> HttpResponse:
        for reason, count in Counter(item.faults[0].reason for item in posting.refused).items():
            metrics.readings_rejected.labels(reason).inc(count)
        if not posting.accepted or (strict and posting.refused):
            return all_bad(posting)
        readings = [reading for _index, reading in posting.accepted]
        try:
            await self._publisher.publish(self._topic, records_of(readings, now))
        except TemporaryError as outcome:
            return temporary_error_response(outcome)
        except PermanentError as rejected:  # a topic that takes less than our records
            return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, rejected.detail)
        metrics.readings_accepted.inc(len(readings))
        return queued(posting)


def _refusal(request: HttpRequest) -> HttpResponse | None:
    if request.path.removesuffix("/") not in _PATHS:
        return problem(HTTPStatus.NOT_FOUND, "readings are posted to /ingest")
    if request.method == "OPTIONS":
        return HttpResponse(HTTPStatus.NO_CONTENT, headers=_METHODS)
    if request.method != "POST":
        return problem(HTTPStatus.METHOD_NOT_ALLOWED, "readings come by POST", _METHODS)
    return media_type_problem(request)


def _count_refused(response: HttpResponse, reason: Reason) -> HttpResponse:
    metrics.readings_rejected.labels(reason).inc()
    return response
