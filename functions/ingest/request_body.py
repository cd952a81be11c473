"""Reads posted items into accepted readings and refused items; pure."""

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

    `is_batch` and `unsupported` are those of its content.
    """

    is_batch: bool
    accepted: Sequence[tuple[int, Reading]]
    refused: Sequence[Refused]
    unsupported: int = 0


@dataclass(frozen=True, slots=True)
class Content:
    """What a body holds: items as a PostedReading takes them, or the Fault of one without a form.

    `unsupported` counts what was well said, and is no reading: text, histograms, other events.
    """

    items: Sequence[object]
    is_batch: bool = True
    unsupported: int = 0


class MalformedBody(Exception):  # noqa: N818 - names what was found
    """The body is not JSON, or an array without items."""


class OversizedBatch(Exception):  # noqa: N818 - names what was found
    """There are more than 5,000 items, or more bytes than are read."""


def json_content(body: bytes) -> Content:
    """Return the reading or the array of readings in JSON; raise MalformedBody without any."""
    content = json_value(body)
    if not isinstance(content, list):
        return Content([content], is_batch=False)
    if not content:
        raise MalformedBody("the array is empty: give at least one reading")
    return Content(content)


def json_value(body: bytes | str) -> object:
    """Return what JSON says, at most 200 levels deep; raise MalformedBody for what is none."""
    try:
        return from_json(body)
    except ValueError as error:
        # The size is there for who sends a Content-Length that is too small: JSON, but cut.
        raise MalformedBody(f"the body is not JSON: {error}; it has {len(body)} bytes") from error


def posting_of(
    content: Content,
    now: datetime,
    key: str | None,
    nonce: Callable[[], str],
    earliest: datetime = EARLIEST,
) -> Posting:
    """Accept or refuse items received at `now`; `key` is the request's Idempotency-Key.

    `nonce` gives chance. In a batch the key of an item is the request's with its place, so that a
    retry has the same. Raise OversizedBatch beyond 5,000 items.
    """
    items, is_batch = content.items, content.is_batch
    if len(items) > MAX_BATCH:
        raise OversizedBatch(f"{len(items)} readings; a batch may have at most {MAX_BATCH}")
    accepted: list[tuple[int, Reading]] = []
    refused: list[Refused] = []
    for index, posted in enumerate(items):
        item = without_nulls(posted)
        item_key = f"{key}:{index}" if key and is_batch else key
        reading = _accepted(item, now, item_key, nonce, earliest)
        if reading is None:
            faults = [item] if isinstance(item, Fault) else faults_of(item, now, earliest)
            refused.append(Refused(index, faults))
        else:
            accepted.append((index, reading))
    return Posting(is_batch, accepted, refused, content.unsupported)


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


def _accepted(
    item: object,
    now: datetime,
    key: str | None,
    nonce: Callable[[], str],
    earliest: datetime,
) -> Reading | None:
    if has_faults_of_form(item):
        return None
    try:
        return accept(_POSTED.validate_python(item), now, key, nonce, earliest)
    except (ValidationError, PermanentError):
        return None
