"""The ingest function: readings to Kafka, and a response once they are safe there."""

import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final, Protocol

from functions.ingest.coalescing import Coalescing
from functions.ingest.content_coding import CODINGS, UnknownCoding, decoded_body
from functions.ingest.dialects.dialect import NO_OPTIONS, Dialect, DialectOptions, Law
from functions.ingest.dialects.registry import dialect_of
from functions.ingest.gate import Admitted, Gate
from functions.ingest.request_body import MalformedBody, OversizedBatch, Posting, posting_of
from functions.ingest.request_headers import first_values, idempotency_key, is_all_or_nothing
from shared import metrics
from shared.auth.principal import Principal
from shared.outcomes import PermanentError, Reason, TemporaryError
from shared.readings.reading import EARLIEST
from shared.readings.reading_event import Record
from shared.serving.held_bytes import MADE_OF_IT, UNBOUNDED, HeldBytes, too_much_at_once
from shared.serving.http import HttpRequest, HttpResponse, problem, temporary_error_response

_FAILED_FROM: Final = HTTPStatus.BAD_REQUEST
_UNAVAILABLE: Final = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
_REFUSALS: Final = (MalformedBody, OversizedBatch, UnknownCoding, PermanentError)


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
        options: DialectOptions = NO_OPTIONS,
        gate: Gate | None = None,
        held: HeldBytes = UNBOUNDED,
    ) -> None:
        self._publisher = publisher
        self._coalescing = Coalescing(publisher, topic)
        self._now = now
        self._nonce = nonce
        self._earliest = earliest
        self._options = options
        self._gate = gate
        self._held = held

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

        That is 400, 401, 403, 404, 405, 413, 415, 429 or 503; for OPTIONS, 204. A dialect has its
        own law.
        """
        headers = first_values(request)
        dialect = dialect_of(request, headers, self._options)
        if isinstance(dialect, HttpResponse):
            return dialect
        if self._gate is None:
            return await self._respond_in(dialect, request, headers, None)
        caller = await self._gate.caller_of(request, dialect.token)
        if isinstance(caller, HttpResponse):
            return dialect.law.failed(caller)
        return await self._respond_in(dialect, request, headers, caller)

    async def _respond_in(
        self,
        dialect: Dialect,
        request: HttpRequest,
        headers: Mapping[bytes, bytes],
        caller: Principal | None,
    ) -> HttpResponse:
        coding = headers.get(b"content-encoding")
        if coding is None:
            return await self._respond_to(dialect, request, headers, caller)
        try:
            body = decoded_body(request.body, coding.decode("latin-1"))
        except _REFUSALS as error:
            return dialect.law.failed(_refusal(error))
        more = MADE_OF_IT * max(0, len(body) - len(request.body))
        if not self._held.take(more):
            return dialect.law.failed(too_much_at_once())
        try:
            plain = replace(request, body=body)
            return await self._respond_to(dialect, plain, headers, caller)
        finally:
            self._held.give_back(more)

    async def _respond_to(
        self,
        dialect: Dialect,
        request: HttpRequest,
        headers: Mapping[bytes, bytes],
        caller: Principal | None,
    ) -> HttpResponse:
        now = self._now()
        try:
            content = dialect.content_of(request)
            key = idempotency_key(headers)
            posting = posting_of(content, now, key, self._nonce, self._earliest)
        except _REFUSALS as error:
            return dialect.law.failed(_refusal(error))
        is_whole = dialect.is_whole or (b"prefer" in headers and is_all_or_nothing(request))
        if self._gate is None:
            return await self._queue(posting, now, dialect.law, is_whole=is_whole)
        admitted = self._gate.admit(posting, caller)
        response = await self._queue(admitted.posting, now, dialect.law, is_whole=is_whole)
        return self._told(self._gate, admitted, response, dialect.law)

    def _told(
        self, gate: Gate, admitted: Admitted, response: HttpResponse, law: Law
    ) -> HttpResponse:
        """Return the response with what the gate has to say."""
        if response.status >= _FAILED_FROM:
            gate.give_back([reading for _index, reading in admitted.posting.accepted])
            refusal = None if response.status in _UNAVAILABLE else gate.refusal_of(admitted)
            return response if refusal is None else law.failed(refusal)
        headers = gate.headers_of(admitted)
        return replace(response, headers=[*response.headers, *headers]) if headers else response

    async def _queue(
        self, posting: Posting, now: datetime, law: Law, *, is_whole: bool
    ) -> HttpResponse:
        _count(posting)
        if posting.refused and (is_whole or not posting.accepted):
            return law.all_bad(posting)
        readings = [reading for _index, reading in posting.accepted]
        if not readings:
            return law.queued(posting)
        try:
            await self._coalescing.publish(readings, now)
        except TemporaryError as outcome:
            return law.failed(temporary_error_response(outcome))
        except PermanentError as rejected:  # a topic that takes less than our records
            return law.failed(problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, rejected.detail))
        metrics.readings_accepted.inc(len(readings))
        return law.queued(posting)


def _count(posting: Posting) -> None:
    for reason, count in Counter(item.faults[0].reason for item in posting.refused).items():
        metrics.readings_rejected.labels(reason).inc(count)
    if posting.unsupported:
        metrics.readings_rejected.labels(Reason.UNSUPPORTED).inc(posting.unsupported)


def _refusal(error: Exception) -> HttpResponse:
    """Return the problem of a request that holds no readings to speak of, and count it."""
    if isinstance(error, UnknownCoding):  # RFC 9110, 15.5.16: the header says what is taken
        return problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, str(error), [("accept-encoding", CODINGS)]
        )
    if isinstance(error, PermanentError):
        metrics.readings_rejected.labels(Reason.INVALID).inc()
        return problem(HTTPStatus.BAD_REQUEST, error.detail, field=error.field)
    if isinstance(error, OversizedBatch):
        metrics.readings_rejected.labels(Reason.OVERSIZED).inc()
        return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error))
    metrics.readings_rejected.labels(Reason.MALFORMED).inc()
    return problem(HTTPStatus.BAD_REQUEST, str(error))
