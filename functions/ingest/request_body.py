"""What did the device post? Reads a body into accepted readings and refused items; pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, from_json

from functions.ingest.acceptance import PostedReading, accept
from shared.outcomes import PermanentError, Reason
from shared.readings.reading import MAX_MAGNITUDE, Reading

MAX_BATCH: Final = 5_000
_POSTED: Final = TypeAdapter(PostedReading)
_SENTENCES: Final = {
    "extra_forbidden": (
        Reason.UNKNOWN_FIELD,
        "is no field of a reading; sensors go in measurements",
    ),
    "missing": (Reason.MISSING, "is required"),
    "finite_number": (Reason.INVALID, "must be a finite number"),
    "float_type": (Reason.INVALID, "must be a number (not a string, true or false)"),
    "string_type": (Reason.INVALID, "must be a string"),
    "string_too_long": (Reason.INVALID, "must have at most {max_length} characters"),
    "model_type": (Reason.INVALID, "must be an object, the reading"),
    "dict_type": (Reason.INVALID, "must be an object of sensor names and numbers"),
    "too_long": (Reason.INVALID, "must have at most {max_length} entries"),
    "greater_than_equal": (Reason.INVALID, "must be at least {ge:g}"),
    "less_than_equal": (Reason.INVALID, "must be at most {le:g}"),
}
_ID_SENTENCE: Final = "must be 1 to 128 letters, digits and . _ : -"
_SENSOR_SENTENCE: Final = (
    "a sensor's name is a letter and up to 63 further letters, digits and _ (underscores)"
)


@dataclass(frozen=True, slots=True)
class Refused:
    """An item that is not accepted: its place in the batch, the field, a word and a sentence
    why.
    """

    index: int
    field: str
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Posting:
    """What a request held: `accepted` with each reading's place in it. `is_batch`: it was an
    array.
    """

    is_batch: bool
    accepted: Sequence[tuple[int, Reading]]
    refused: Sequence[Refused]


class MalformedBody(Exception):  # noqa: N818 - names what was found
    """The body is not JSON, or an array without items."""


class OversizedBatch(Exception):  # noqa: N818 - names what was found
    """The array has more than 5,000 items."""


def posting_of(body: bytes, now: datetime, key: str | None, nonce: Callable[[], str]) -> Posting:
    """Read a body received at `now`; `key` is the request's Idempotency-Key, `nonce` gives chance.

    In a batch the key of an item is the request's with its place, so that a retry has the same.
    Raises MalformedBody where there are no items to speak of, OversizedBatch beyond 5,000.
    """
    try:
        content = from_json(body)
    except ValueError as error:
        raise MalformedBody(f"the body is not JSON: {error}") from error
    is_batch = isinstance(content, list)
    items = content if is_batch else [content]
    if not items:
        raise MalformedBody("the array is empty: give at least one reading")
    if len(items) > MAX_BATCH:
        raise OversizedBatch(f"{len(items)} readings; a batch may have at most {MAX_BATCH}")
    accepted: list[tuple[int, Reading]] = []
    refused: list[Refused] = []
    for index, item in enumerate(items):
        item_key = f"{key}:{index}" if key and is_batch else key
        try:
            posted = _POSTED.validate_python(item)
            accepted.append((index, accept(posted, now, item_key, nonce())))
        except ValidationError as error:
            refused.append(_refused(index, error))
        except PermanentError as rejected:
            refused.append(Refused(index, rejected.field, rejected.reason, rejected.detail))
    return Posting(is_batch, accepted, refused)


def _refused(index: int, error: ValidationError) -> Refused:
    first: ErrorDetails = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"] if part != "[key]")
    reason, sentence = _SENTENCES.get(first["type"], (Reason.INVALID, ""))
    detail = sentence.format_map(first.get("ctx", {})) or first["msg"]
    if first["type"] == "string_pattern_mismatch":
        detail = _SENSOR_SENTENCE if "[key]" in first["loc"] else _ID_SENTENCE
    elif first["type"] == "float_type" and type(first["input"]) is int:
        detail = f"must be between {-MAX_MAGNITUDE:g} and {MAX_MAGNITUDE:g}"  # no double holds it
    return Refused(index, field[:100], reason, detail)
