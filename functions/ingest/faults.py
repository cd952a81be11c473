"""All faults of a posted item, each with its field and a sentence for people; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from functions.ingest.acceptance import PostedReading, event_time, value_faults
from shared.outcomes import PermanentError, Reason
from shared.readings.reading import MAX_MAGNITUDE, MAX_MEASUREMENTS

MAX_FAULTS: Final = 20
FIELDS: Final = frozenset(PostedReading.model_fields)
_POSTED: Final = TypeAdapter(PostedReading)
_SENTENCES: Final = {
    "missing": (Reason.MISSING, "is required"),
    "finite_number": (
        Reason.INVALID,
        "must be a finite number; of a sensor without a value, send null or leave it out",
    ),
    "float_type": (Reason.INVALID, "must be a number (not a string, true or false)"),
    "string_type": (Reason.INVALID, "must be a string"),
    "model_type": (Reason.INVALID, "must be an object, the reading"),
    "dict_type": (Reason.INVALID, "must be an object of sensor names and numbers"),
    "greater_than_equal": (Reason.INVALID, "must be at least {ge:g}"),
    "less_than_equal": (Reason.INVALID, "must be at most {le:g}"),
}
_ID_SENTENCE: Final = "must be 1 to 128 letters, digits and . _ : -"
_SENSOR_SENTENCE: Final = (
    "a sensor's name is a letter and up to 63 further letters, digits and _ (underscores)"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a field: a word of the closed set, and a sentence."""

    field: str
    reason: Reason
    detail: str


def has_faults_of_form(item: object) -> bool:
    """Return whether an item has more members than a reading can have, or other ones.

    Such an item is not to be validated as it is: each of 100,000 members would be an error.
    """
    if not isinstance(item, dict):
        return False
    return not item.keys() <= FIELDS or _has_too_many(item.get("measurements"))


def faults_of(item: object, now: datetime, earliest: datetime) -> Sequence[Fault]:
    """Return the first MAX_FAULTS faults of an item (without its nulls) that is not accepted."""
    return list(islice(_faults(item, now, earliest), MAX_FAULTS))


def _faults(item: object, now: datetime, earliest: datetime) -> Iterator[Fault]:
    if not isinstance(item, dict):
        yield from _faults_of_fields(item)
        return
    known = {name: item[name] for name in item if name in FIELDS}
    measurements = known.get("measurements")
    if _has_too_many(measurements):
        del known["measurements"]
        detail = f"must have at most {MAX_MEASUREMENTS} entries"
        yield Fault("measurements", Reason.INVALID, detail)
    yield from _faults_of_fields(known)
    yield from _faults_of_time(known.get("ts"), now, earliest)
    values = (known.get("temperature_c"), known.get("humidity"), measurements)
    yield from (_fault_of(fault) for fault in value_faults(*values))
    for name in item.keys() - FIELDS:
        detail = "is no field of a reading; sensors go in measurements"
        yield Fault(name[:100], Reason.UNKNOWN_FIELD, detail)


def _faults_of_fields(item: object) -> Iterator[Fault]:
    try:
        _POSTED.validate_python(item)
    except ValidationError as error:
        yield from (_fault(each) for each in error.errors(include_url=False))


def _faults_of_time(given: object, now: datetime, earliest: datetime) -> Iterator[Fault]:
    if given is None:
        return
    try:
        event_time(given, now, earliest)
    except PermanentError as rejected:
        yield _fault_of(rejected)


def _fault_of(rejected: PermanentError) -> Fault:
    return Fault(rejected.field, rejected.reason, rejected.detail)


def _has_too_many(measurements: object) -> bool:
    return isinstance(measurements, dict) and len(measurements) > MAX_MEASUREMENTS


def _fault(error: ErrorDetails) -> Fault:
    field = ".".join(str(part) for part in error["loc"] if part != "[key]")
    reason, sentence = _SENTENCES.get(error["type"], (Reason.INVALID, ""))
    detail = sentence.format_map(error.get("ctx", {})) or error["msg"]
    if error["type"] == "string_pattern_mismatch":
        detail = _SENSOR_SENTENCE if "[key]" in error["loc"] else _ID_SENTENCE
    elif error["type"] == "float_type" and type(error["input"]) is int:
        detail = f"must be between {-MAX_MAGNITUDE:g} and {MAX_MAGNITUDE:g}"  # no double holds it
    return Fault(field[:100], reason, detail)
