"""What comes in and goes out by HTTP, without any framework: used by the functions and both their
skins.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from shared.outcomes import RETRY_AFTER_S, Rejected, TryAgain

PROBLEM: Final = "application/problem+json"  # RFC 9457


@dataclass(frozen=True, slots=True)
class Request:
    """A request: `headers` as ASGI gives them (names in lower case, bytes)."""

    method: str
    path: str
    headers: Iterable[tuple[bytes, bytes]]
    body: bytes

    def header(self, name: bytes) -> str | None:
        """Give the first header of this name (lower case), or None."""
        return next((v.decode("latin-1") for k, v in self.headers if k == name), None)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: `headers` beside content-type and content-length."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Sequence[tuple[str, str]] = ()


def json_answer(status: int, content: Mapping[str, object]) -> Answer:
    return Answer(status, json.dumps(content, separators=(",", ":")).encode())


def problem(
    status: int,
    detail: str,
    headers: Sequence[tuple[str, str]] = (),
    **more: object,
) -> Answer:
    """Make an RFC 9457 answer; `more` are its extension members. Callers keep it below 1 KiB on
    event paths: KafkaSource keeps the first 1,024 bytes as `knativeerrordata`.
    """
    content: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **more,
    }
    return Answer(status, json.dumps(content, separators=(",", ":")).encode(), PROBLEM, headers)


def rejected_answer(rejected: Rejected) -> Answer:
    """Answer 422: KafkaSource does not retry it, and keeps `kne-reason` as extension `reason`."""
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        rejected.detail[:300],
        [("kne-reason", rejected.reason)],
        reason=rejected.reason,
        field=rejected.field[:200],
    )


def try_again_answer(outcome: TryAgain) -> Answer:
    """Answer 503: KafkaSource retries it, and a device should too."""
    return problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        outcome.detail[:300],
        [("retry-after", str(RETRY_AFTER_S)), ("kne-reason", outcome.operation)],
        reason=outcome.operation,
    )
