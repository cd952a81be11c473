"""The shapes of the responses that clients rely on, and that OpenAPI promises.

The routes make them from documents; `_id` comes out under a name that says what it is.
"""

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from shared.times import rfc3339

Timestamp = Annotated[
    datetime,
    PlainSerializer(rfc3339, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
Cursor = Annotated[
    str | None, Field(description="pass it as `cursor` for the next page; null on the last one")
]


_DETAIL: Final = "null unless DEAD_LETTER_DETAILS is on: it can hold addresses in the cluster"


class Row(BaseModel):
    """What responses hold: a closed set of named values."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)


class Message(Row):
    message: str


class Latest(Row):
    """The newest reading of a device."""

    reading_id: str = Field(validation_alias="_id")
    ts: Timestamp
    temperature_c: float | None = None
    humidity: float | None = None
    lat: float | None = None
    lon: float | None = None
    measurements: dict[str, float] = {}


class Telemetry(Latest):
    """A reading, as it is stored."""

    device_id: str
    received_at: Timestamp


class TelemetryList(Row):
    data: list[Telemetry]
    next_cursor: Cursor


class DeviceTelemetryList(TelemetryList):
    device_id: str


class Aggregate(Row):
    """What a device's sensor measured in one window of event time."""

    device_id: str
    sensor_type: str
    timestamp: Timestamp = Field(description="start of the window")
    window_seconds: int
    count: int
    sum: float
    min: float
    max: float
    average: float
    p50: float
    p95: float
    closed: bool = Field(description="settled: only a late reading can still change it")


class AggregateList(Row):
    data: list[Aggregate]
    next_cursor: Cursor


class DeviceAggregateList(AggregateList):
    device_id: str


class Position(Row):
    """Where a device was, and when."""

    ts: Timestamp
    lat: float
    lon: float


class Device(Row):
    device_id: str = Field(validation_alias="_id")
    first_ts: Timestamp
    last_ts: Timestamp
    latest: Latest | None = None
    position: Position | None = Field(
        default=None, description="of the latest reading that has `lat` and `lon`"
    )


class DeviceList(Row):
    data: list[Device]
    next_cursor: Cursor


class RedriveRequest(Row):
    """What an operator asked for, until it is done."""

    at: Timestamp
    actor: str


class DeadLetter(Row):
    """An event that could not be handled. Its bytes are stored, and left out here."""

    dead_letter_id: str = Field(validation_alias="_id")
    stage: str
    source: str
    event_id: str
    event_type: str
    reason: str
    error_code: int | None = None
    error_data: str | None = Field(default=None, description=_DETAIL)
    destination: str | None = Field(default=None, description=_DETAIL)
    cause: str | None = Field(default=None, description="data, world, fault (a bug) or unknown")
    dead_lettered_at: Timestamp = Field(description="time of the newest failure")
    first_dead_lettered_at: Timestamp | None = None
    arrivals: int | None = Field(default=None, description="how often it failed for good")
    status: str
    redriven_at: Timestamp | None = None
    redrive_requested: RedriveRequest | None = Field(
        default=None, description="it is published again at the next tick"
    )
    redrives: int | None = Field(default=None, description="how often it went back by itself")
    redrive_error: str | None = Field(default=None, description="why it cannot be published again")
    content_type: str | None = None
    attributes: dict[str, str] = Field(default={}, description="of the event, as it arrived")


class DeadLetterList(Row):
    data: list[DeadLetter]
    next_cursor: Cursor


class Stats(Row):
    """How much is stored, from the collections' own counters, and how far windows are settled."""

    telemetry_records: int
    aggregated_records: int
    alerts: int
    devices: int
    dead_letters: int
    aggregated_until: Timestamp | None


class CountedIn(Row):
    """A window that a reading counts in."""

    sensor_type: str
    timestamp: Timestamp = Field(description="start of the window")
    window_seconds: int
    closed: bool = Field(
        description="the window is settled, and its summary counts every reading that is stored"
    )


class Receipt(Row):
    """What became of a reading."""

    reading_id: str
    state: Literal["stored", "dead_lettered", "not_seen"]
    stored_as: str | None = Field(
        default=None, description="its id; another one where ingest set the time of a retry"
    )
    device_id: str | None = None
    received_at: Timestamp | None = None
    windows: list[CountedIn] = []
    dead_lettered_at: Timestamp | None = None
    reason: str | None = None
    status: str | None = Field(default=None, description="of the dead letter: open or redriven")
