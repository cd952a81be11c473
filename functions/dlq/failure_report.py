"""Reads what KafkaSource's dispatcher reports of a dead letter's failure; pure.

knativeerrordest is the URL of the function that failed; knativeerrorcode and knativeerrordata
(Base64 of the response's first 1,024 bytes) are there only if it responded; a `kne-reason` header
of the response is the extension `reason` (eventing-kafka-broker, RecordDispatcherImpl).
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from shared.readings.cloud_event import CloudEvent
from shared.readings.identity import ID_LENGTH

ERROR_ATTRIBUTES: Final = frozenset(
    {"knativeerrordest", "knativeerrorcode", "knativeerrordata", "reason"}
)
_PLACE: Final = ("knativekafkapartition", "knativekafkaoffset")
PLACE_ATTRIBUTES: Final = frozenset(_PLACE)
UNKNOWN: Final = "unknown"
# Statuses of who is away or busy, not of the event: of gateways (404 while a route is not there
# yet), of queue-proxy, and our own 503. A 500 is a bug of ours: more of the same helps nobody.
_OF_THE_WORLD: Final = frozenset({404, 408, 429, 502, 503, 504})
_REASON: Final = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_STATUS: Final = re.compile(r"[1-5]\d\d", re.ASCII)
_STAGE: Final = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)  # RFC 1035: no number
_READING_ID: Final = re.compile(rf"[0-9a-f]{{{ID_LENGTH}}}", re.ASCII)
_MAX_IDS: Final = 5_000


class Cause(StrEnum):
    """What was at fault: it decides whether an event goes back by itself."""

    DATA = "data"
    WORLD = "world"
    FAULT = "fault"  # a bug of the function
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class FailureReport:
    """Where and why an event failed. `error_code`: the last response's status, None without one."""

    stage: str
    reason: str
    cause: Cause
    destination: str
    error_code: int | None
    error_data: str | None
    reading_ids: Sequence[str]


def report_of(event: CloudEvent) -> FailureReport:
    """Return the report of an event; never fails, whatever the event holds."""
    attributes = event.attributes
    destination = attributes.get("knativeerrordest", "")
    code = attributes.get("knativeerrorcode", "")
    error_code = int(code) if _STATUS.fullmatch(code) else None
    error_data = _decoded(attributes.get("knativeerrordata"))
    return FailureReport(
        stage=_stage(destination),
        reason=_reason(attributes, error_code, error_data),
        cause=_cause(attributes, error_code),
        destination=destination,
        error_code=error_code,
        error_data=error_data,
        reading_ids=_reading_ids(event.data),
    )


def letter_id_of(stage: str, event: CloudEvent) -> str:
    """Return the dead letter's id: the same stage, source, id and bytes are the same letter."""
    digest = blake2b(digest_size=16)
    for part in (event.source.encode(), event.event_id.encode(), event.data):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return f"{stage}/{digest.hexdigest()}"


def place_of(event: CloudEvent) -> tuple[str, str] | None:
    """Return partition and offset of the dead letter's own record; None where they are missing.

    The source that reads the dead letters' topic puts them there, over those of the original.
    """
    partition, offset = (event.attributes.get(name, "") for name in _PLACE)
    return (partition, offset) if partition and offset else None


def is_dead_letter(event: CloudEvent) -> bool:
    """Return whether KafkaSource reports a failure of the event, or where its record was."""
    return not event.attributes.keys().isdisjoint(ERROR_ATTRIBUTES | PLACE_ATTRIBUTES)


def _stage(destination: str) -> str:
    """Return the function's name: the first label of the host, `http://NAME.NAMESPACE.svc...`."""
    try:
        host = urlsplit(destination).hostname or ""
    except ValueError:
        return UNKNOWN
    label = host.partition(".")[0]
    return label if _STAGE.fullmatch(label) else UNKNOWN


def _reason(attributes: Mapping[str, str], code: int | None, data: str | None) -> str:
    given = attributes.get("reason", "")
    if _REASON.fullmatch(given):
        return given
    reported = _json_member(data, "reason")
    if isinstance(reported, str) and _REASON.fullmatch(reported):
        return reported
    if code is not None:
        return f"http_{code}"
    return "no_response" if "knativeerrordest" in attributes else UNKNOWN


def _cause(attributes: Mapping[str, str], code: int | None) -> Cause:
    if code is None:
        return Cause.WORLD if "knativeerrordest" in attributes else Cause.UNKNOWN
    if code in _OF_THE_WORLD:
        return Cause.WORLD
    is_client_error = HTTPStatus.BAD_REQUEST <= code < HTTPStatus.INTERNAL_SERVER_ERROR
    return Cause.DATA if is_client_error else Cause.FAULT


def _decoded(data: str | None) -> str | None:
    if data is None:
        return None
    try:
        return base64.b64decode(data, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return data  # a Channel or Broker writes it plainly


def _json_member(text: str | None, name: str) -> object:
    try:
        content = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    return content.get(name) if isinstance(content, dict) else None


def _reading_ids(data: bytes) -> Sequence[str]:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return []
    items = content if isinstance(content, list) else [content]
    ids = (item.get("reading_id") for item in items[:_MAX_IDS] if isinstance(item, dict))
    return [one for one in ids if isinstance(one, str) and _READING_ID.fullmatch(one)]
