"""HTTP requests and responses without any framework: what functions and adapters speak."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from shared.outcomes import RETRY_AFTER_S, PermanentError, TemporaryError

PROBLEM: Final = "application/problem+json"  # RFC 9457
_DETAIL_BYTES: Final = 500  # these two keep a problem on an event path below 1 KiB
_FIELD_BYTES: Final = 200


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request: `headers` as ASGI gives them (names in lower case, bytes), `query` undecoded."""

    method: str
    path: str
    headers: Iterable[tuple[bytes, bytes]]
    body: bytes
    query: bytes = b""

    def header(self, name: bytes) -> str | None:
        """Return the first header of this name (lower case), or None."""
        return next((v.decode("latin-1") for k, v in self.headers if k == name), None)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response: `headers` beside content-type and content-length."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Sequence[tuple[str, str]] = ()


def json_response(status: int, content: Mapping[str, object]) -> HttpResponse:
    return HttpResponse(status, json.dumps(content, separators=(",", ":")).encode())


def problem(
    status: int,
    detail: str,
    headers: Sequence[tuple[str, str]] = (),
    **more: object,
) -> HttpResponse:
    """Return an RFC 9457 response; `more` are its extension members."""
    content: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **more,
    }
    return HttpResponse(
        status, json.dumps(content, separators=(",", ":")).encode(), PROBLEM, headers
    )


def permanent_error_response(rejected: PermanentError) -> HttpResponse:
    """Return a 422: KafkaSource does not retry it, and keeps `kne-reason` as extension `reason`.

    Below 1 KiB, since KafkaSource keeps the first 1,024 bytes as `knativeerrordata`.
    """
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        _within(rejected.detail, _DETAIL_BYTES),
        [("kne-reason", rejected.reason)],
        reason=rejected.reason,
        field=_within(rejected.field, _FIELD_BYTES),
    )


def temporary_error_response(outcome: TemporaryError) -> HttpResponse:
    """Return a 503, below 1 KiB: KafkaSource retries it, and a device should too."""
    return problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        _within(outcome.detail, _DETAIL_BYTES),
        [("retry-after", str(RETRY_AFTER_S)), ("kne-reason", outcome.operation)],
        reason=outcome.operation,
    )


def _within(text: str, limit: int) -> str:
    """Shorten `text` until it takes at most `limit` bytes of JSON (a character may take 12)."""
    text = text[:limit]
    while len(json.dumps(text)) > limit + len('""'):
        text = text[: len(text) * 3 // 4]
    return text
