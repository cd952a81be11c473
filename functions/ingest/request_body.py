"""Reads a posted body into accepted readings and refused items; pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from functions.ingest.acceptance import PostedReading, accept
from functions.ingest.faults import Fault, faults_of, has_faults_of_form
from shared.outcomes import PermanentError
from shared.readings.reading import EARLIEST, Reading

MAX_BATCH: Final = 5_000
_POSTED: Final = TypeAdapter(PostedReading)


@dataclass(frozen=True, slots=True)
class Refused:
    """An item that is not accepted: its place in the batch, and its faults (at least one)."""

    index: int
    faults: Sequence[Fault]


@dataclass(frozen=True, slots=True)
class Posting:
    """The items of a request: `accepted` with each reading's place in it.

    `is_batch`: it was an array.
    """

    is_batch: bool
    accepted: Sequence[tuple[int, Reading]]
    refused: Sequence[Refused]


class MalformedBody(Exception):  # noqa: N818 - names what was found
    """The body is not JSON, or an array without items."""


class OversizedBatch(Exception):  # noqa: N818 - names what was found
    """The array has more than 5,000 items."""


def posting_of(
    body: bytes,
    now: datetime,
    key: str | None,
    nonce: Callable[[], str],
    earliest: datetime = EARLIEST,
) -> Posting:
    """Read a body received at `now`; `key` is the request's Idempotency-Key, `nonce` gives chance.

    In a batch the key of an item is the request's with its place, so that a retry has the same.
    Raise MalformedBody where there are no items to speak of, OversizedBatch beyond 5,000.
    """
    content = _content_of(body)
    is_batch = isinstance(content, list)
    items = content if isinstance(content, list) else [content]
    if not items:
        raise MalformedBody("the array is empty: give at least one reading")
    if len(items) > MAX_BATCH:
        raise OversizedBatch(f"{len(items)} readings; a batch may have at most {MAX_BATCH}")
    accepted: list[tuple[int, Reading]] = []
    refused: list[Refused] = []
    for index, posted in enumerate(items):
        item = without_nulls(posted)
        item_key = f"{key}:{index}" if key and is_batch else key
        reading = _accepted(item, now, item_key, nonce(), earliest)
        if reading is None:
            refused.append(Refused(index, faults_of(item, now, earliest)))
        else:
            accepted.append((index, reading))
    return Posting(is_batch, accepted, refused)


def without_nulls(item: object) -> object:
    """Return an item without its null members, and its measurements without theirs.

    Null is what a sensor without a value is sent as. It counts as absent, wherever it stands.
    """
    if not isinstance(item, dict):
        return item
    if None in item.values():
        item = {name: value for name, value in item.items() if value is not None}
    measurements = item.get("measurements")
    if isinstance(measurements, dict) and None in measurements.values():
        present = {name: value for name, value in measurements.items() if value is not None}
        item = {**item, "measurements": present}
    return item


def _content_of(body: bytes) -> object:
    try:
        return from_json(body)
    except ValueError as error:
        # The size is there for who sends a Content-Length that is too small: JSON, but cut.
        raise MalformedBody(f"the body is not JSON: {error}; it has {len(body)} bytes") from error


def _accepted(
    item: object, now: datetime, key: str | None, nonce: str, earliest: datetime
) -> Reading | None:
    if has_faults_of_form(item):
        return None
    try:
        return accept(_POSTED.validate_python(item), now, key, nonce, earliest)
    except (ValidationError, PermanentError):
        return None
