"""Readings to a Kafka record and back: the one file that knows their form on the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Annotated, Final

from pydantic import FailFast, TypeAdapter, ValidationError

from shared.outcomes import PermanentError, Reason
from shared.readings.cloud_event import CloudEvent
from shared.readings.reading import Reading
from shared.times import read_time, rfc3339

READINGS_TYPE: Final = "iot.telemetry.readings.v1"
SOURCE: Final = "/iot-telemetry/ingest"
MAX_READINGS_PER_RECORD: Final = 500  # about 100 KiB: far below Kafka's 1 MiB, quick to handle
MAX_RECORD_BYTES: Final = 500_000  # Kafka takes 1 MiB; a dead letter's headers come on top
_READINGS: Final = TypeAdapter(Annotated[list[Reading], FailFast()])


@dataclass(frozen=True, slots=True)
class Record:
    """What is produced to Kafka: a CloudEvent in binary mode (Kafka protocol binding 1.0.2)."""

    key: bytes
    headers: list[tuple[str, str | bytes | None]]  # as confluent-kafka takes them
    value: bytes


@dataclass(frozen=True, slots=True)
class Received:
    """The readings of one event, and when ingest received them (aware UTC)."""

    readings: list[Reading]
    received_at: datetime


def records_of(readings: Sequence[Reading], received_at: datetime) -> list[Record]:
    """Pack readings into records of at most 500 readings and 500,000 bytes.

    Equal readings make an event of equal id. KafkaSource makes one request a record, so many
    readings in one record is what carries load.
    """
    records = []
    for start in range(0, len(readings), MAX_READINGS_PER_RECORD):
        records += _packed(readings[start : start + MAX_READINGS_PER_RECORD], received_at)
    return records


def readings_in(event: CloudEvent) -> Received:
    """Return the readings of an event; raise PermanentError naming what is wrong with it."""
    if event.event_type != READINGS_TYPE:
        raise PermanentError(Reason.WRONG_TYPE, f"type must be {READINGS_TYPE}", "ce-type")
    try:
        readings = _READINGS.validate_json(event.data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"] if part != "[key]")
        raise PermanentError(Reason.INVALID_READING, first["msg"], field) from error
    for index, reading in enumerate(readings):
        if not reading.is_what_its_id_says:
            raise PermanentError(
                Reason.INVALID_READING, "is not the id of this content", f"{index}.reading_id"
            )
    if not readings:
        raise PermanentError(Reason.INVALID_READING, "an event holds at least one reading", "data")
    return Received(readings, _time_of(event))


def _packed(readings: Sequence[Reading], received_at: datetime) -> list[Record]:
    record = _record(readings, received_at)
    if len(record.value) <= MAX_RECORD_BYTES or len(readings) == 1:
        return [record]
    half = len(readings) // 2
    return _packed(readings[:half], received_at) + _packed(readings[half:], received_at)


def _record(readings: Sequence[Reading], received_at: datetime) -> Record:
    first = readings[0]
    event_id = first.reading_id if len(readings) == 1 else _batch_id(readings)
    one_device = all(reading.device_id == first.device_id for reading in readings)
    key = (first.device_id if one_device else event_id).encode()
    headers: list[tuple[str, str | bytes | None]] = [
        ("ce_specversion", b"1.0"),
        ("ce_id", event_id.encode()),
        ("ce_source", SOURCE.encode()),
        ("ce_type", READINGS_TYPE.encode()),
        ("ce_time", rfc3339(received_at).encode()),
        # KafkaSource drops the record's key: its data plane reads headers only.
        ("ce_partitionkey", key),
        ("content-type", b"application/json"),
    ]
    if one_device:
        headers.append(("ce_subject", key))
    value = _READINGS.dump_json(list(readings), exclude_none=True, exclude_defaults=True)
    return Record(key, headers, value)


def _batch_id(readings: Sequence[Reading]) -> str:
    ids = blake2b(digest_size=16)
    for reading in readings:
        ids.update(reading.reading_id.encode())
    return f"batch-{ids.hexdigest()}"


def _time_of(event: CloudEvent) -> datetime:
    try:
        return read_time(event.attributes.get("time", ""), needs_zone=True)
    except ValueError as error:
        detail = "must be the time of receipt, RFC 3339"
        raise PermanentError(Reason.INVALID_TIME, detail, "ce-time") from error
