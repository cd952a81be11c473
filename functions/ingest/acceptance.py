"""The rules by which a posted reading is accepted, and its identity; pure.

`now` and chance are arguments.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict

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
from shared.times import read_epoch, read_time, rfc3339

MAX_AHEAD: Final = timedelta(minutes=5)


class PostedReading(BaseModel):
    """A reading as a device posts it. Unknown fields, strings for numbers and NaN are refused.

    `ts` is what `event_time` takes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    device_id: DeviceId
    ts: object = None
    id: ClientId | None = None
    temperature_c: Value | None = None
    humidity: Value | None = None
    lat: Latitude | None = None
    lon: Longitude | None = None
    measurements: Measurements | None = None


def accept(
    posted: PostedReading,
    now: datetime,
    key: str | None,
    nonce: Callable[[], str],
    earliest: datetime = EARLIEST,
) -> Reading:
    """Return the reading with its time and identity; raise PermanentError naming a field.

    `now` is the time of receipt (aware UTC), `earliest` the first time that a reading can be of. A
    reading with a time is the same reading whenever it comes; one with an id and no time too, since
    its content's digest leaves the time out (also a time that is told by its distance from now).
    Only where it has neither, `key` (the request's
    Idempotency-Key) stands in for the id: a sender may make a new key for each attempt, or cut a
    batch in another way. Without a key, what `nonce` returns makes it unique.
    """
    if posted.measurements or (posted.temperature_c is None and posted.humidity is None):
        for fault in value_faults(posted.temperature_c, posted.humidity, posted.measurements):
            raise fault
    ts = now if posted.ts is None else event_time(posted.ts, now, earliest)
    sent_ts = None if posted.ts is None or isinstance(posted.ts, timedelta) else ts
    client_id = posted.id
    if sent_ts is None and client_id is None:
        client_id = key or f"~{nonce()}"
    position = (posted.lat, posted.lon)
    digest = digest_of(posted.device_id, sent_ts, client_id, _values(posted), position)
    return Reading(
        reading_id=reading_id_of(ts, digest),
        device_id=posted.device_id,
        ts=ts,
        client_id=client_id,
        ts_assigned=sent_ts is None,
        temperature_c=posted.temperature_c,
        humidity=posted.humidity,
        lat=posted.lat,
        lon=posted.lon,
        measurements=dict(sorted(posted.measurements.items())) if posted.measurements else None,
    )


def is_retry_recognisable(reading: Reading) -> bool:
    """Return whether the same request sent again would be the same reading."""
    return reading.client_id is None or not reading.client_id.startswith("~")


def event_time(given: object, now: datetime, earliest: datetime = EARLIEST) -> datetime:
    """Return the time of a reading; raise PermanentError for one that no reading can be of.

    Text is RFC 3339, a number counts from 1970 (see `read_epoch`). Dialects also give aware times,
    and the distance from `now` where the sender does.
    """
    try:
        ts = _moment_of(given, now)
    except ValueError as error:
        raise PermanentError(Reason.INVALID_TS, str(error), "ts") from error
    if ts < earliest:
        raise PermanentError(
            Reason.TOO_OLD_TS,
            f"is before {rfc3339(earliest)}, as of a clock that was never set: leave ts out until "
            "it is set, and the time of receipt is taken",
            "ts",
        )
    if ts > now + MAX_AHEAD:
        raise PermanentError(
            Reason.FUTURE_TS,
            "is more than 5 minutes ahead of the time of receipt: set the clock, or leave ts out, "
            "and the time of receipt is taken",
            "ts",
        )
    return ts


def _moment_of(given: object, now: datetime) -> datetime:
    if isinstance(given, str):
        return read_time(given)
    if isinstance(given, (int, float)) and not isinstance(given, bool):
        return read_epoch(given)
    if isinstance(given, timedelta):
        return now + given
    if isinstance(given, datetime):
        return given
    raise ValueError("must be an RFC 3339 time, or a number of seconds or smaller units since 1970")


def value_faults(
    temperature_c: object, humidity: object, measurements: object
) -> Iterator[PermanentError]:
    """Yield what is wrong with which values a reading has, whatever they are."""
    names = measurements.keys() if isinstance(measurements, dict) else ()
    for name in sorted(NAMED_FIELDS.intersection(names)):
        detail = f"{name} stands beside measurements, not in it"
        yield PermanentError(Reason.INVALID, detail, f"measurements.{name}")
    if temperature_c is None and humidity is None and measurements in (None, {}):
        detail = "give at least one of temperature_c, humidity and measurements"
        yield PermanentError(Reason.NO_VALUE, detail, TEMPERATURE)


def _values(posted: PostedReading) -> Mapping[str, float]:
    values = dict(posted.measurements or {})
    if posted.temperature_c is not None:
        values[TEMPERATURE] = posted.temperature_c
    if posted.humidity is not None:
        values[HUMIDITY] = posted.humidity
    return values
