"""Which posted readings are accepted, and what is their identity? Pure; `now` and chance are
arguments.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from shared.outcomes import PermanentError, Reason
from shared.readings.identity import digest_of, reading_id_of
from shared.readings.reading import (
    EARLIEST,
    HUMIDITY,
    NAMED_FIELDS,
    TEMPERATURE,
    ClientId,
    DeviceId,
    Latitude,
    Longitude,
    Measurements,
    Reading,
    Value,
)
from shared.times import read_time

MAX_AHEAD: Final = timedelta(minutes=5)


class PostedReading(BaseModel):
    """A reading as a device posts it. Unknown fields, strings for numbers and NaN are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device_id: DeviceId
    ts: Annotated[str, Field(max_length=64)] | None = None
    id: ClientId | None = None
    temperature_c: Value | None = None
    humidity: Value | None = None
    lat: Latitude | None = None
    lon: Longitude | None = None
    measurements: Measurements | None = None


def accept(posted: PostedReading, now: datetime, key: str | None, nonce: str) -> Reading:
    """Give the reading its time and identity, or raise PermanentError naming the field.

    `now` is the time of receipt (aware UTC); `key` stands in for a missing `id` (Idempotency-Key);
    `nonce` makes a reading with neither time nor id unique. A reading with time is the same reading
    whenever it comes; one with an id and no time too, since its content's digest leaves time out.
    """
    values = _values(posted)
    said = None if posted.ts is None else _time(posted.ts, now)
    client_id = posted.id or key
    if said is None and client_id is None:
        client_id = f"~{nonce}"
    digest = digest_of(posted.device_id, said, client_id, values, (posted.lat, posted.lon))
    ts = now if said is None else said
    return Reading(
        reading_id=reading_id_of(ts, digest),
        device_id=posted.device_id,
        ts=ts,
        client_id=client_id,
        ts_assigned=said is None,
        temperature_c=posted.temperature_c,
        humidity=posted.humidity,
        lat=posted.lat,
        lon=posted.lon,
        measurements=dict(sorted(posted.measurements.items())) if posted.measurements else None,
    )


def is_retry_recognisable(reading: Reading) -> bool:
    """Tell whether the same request sent again would be the same reading."""
    return reading.client_id is None or not reading.client_id.startswith("~")


def _values(posted: PostedReading) -> Mapping[str, float]:
    values = dict(posted.measurements or {})
    for name in NAMED_FIELDS & values.keys():
        raise PermanentError(
            Reason.INVALID, f"{name} stands beside measurements, not in it", f"measurements.{name}"
        )
    if posted.temperature_c is not None:
        values[TEMPERATURE] = posted.temperature_c
    if posted.humidity is not None:
        values[HUMIDITY] = posted.humidity
    if not values:
        raise PermanentError(
            Reason.NO_VALUE,
            "give at least one of temperature_c, humidity and measurements",
            TEMPERATURE,
        )
    return values


def _time(text: str, now: datetime) -> datetime:
    try:
        ts = read_time(text)
    except ValueError as error:
        raise PermanentError(Reason.INVALID_TS, str(error), "ts") from error
    if ts < EARLIEST:
        raise PermanentError(Reason.TOO_OLD_TS, "is before 2000-01-01T00:00:00Z", "ts")
    if ts > now + MAX_AHEAD:
        raise PermanentError(
            Reason.FUTURE_TS, "is more than 5 minutes ahead of the time of receipt", "ts"
        )
    return ts
