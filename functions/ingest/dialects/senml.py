"""SenML in JSON (RFC 8428): the records of a device and a time are a reading; pure."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

from functions.ingest.dialects.dialect import Dialect, DialectOptions
from functions.ingest.dialects.posted_item import Time, posted_item
from functions.ingest.dialects.senml_pack import Record, records_in
from functions.ingest.dialects.sensor_names import sensor_name
from functions.ingest.faults import Fault
from functions.ingest.request_body import Content, MalformedBody, json_value
from functions.ingest.responses import PlainLaw
from shared.outcomes import Reason
from shared.readings.reading import HUMIDITY, MAX_MEASUREMENTS, TEMPERATURE
from shared.serving.http import HttpRequest, HttpResponse
from shared.times import epoch_time

_ABSOLUTE_FROM: Final = 2**28  # seconds; smaller times count from now (4.5.3)
_DEVICE_URN: Final = re.compile(r"urn:dev:[A-Za-z0-9-]+:[^:/]+")  # RFC 9039, without a part
_LAST_PART: Final = re.compile(r"(.+)[:/](.+)", re.DOTALL)
_ENDS: Final = ":/._-"
_LATEST: Final = 2**36  # seconds; the year 4147
# Units of its registry that name a sensor by themselves, and what sensors of that unit are called.
_BY_UNIT: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    "Cel": (TEMPERATURE, frozenset({"temperature", "temp", "t"})),
    "%RH": (HUMIDITY, frozenset({"humidity", "hum", "rh", "relative_humidity"})),
    "lat": ("lat", frozenset({"lat", "latitude"})),
    "lon": ("lon", frozenset({"lon", "longitude"})),
}


def dialect_of(_request: HttpRequest, _options: DialectOptions) -> Dialect | HttpResponse:
    """Return the dialect: answered as a JSON array is."""
    return _SENML


def content_of(request: HttpRequest) -> Content:
    """Return an item for each device and time, or for each fault of a record."""
    records = list(records_in(json_value(request.body)))
    if not records:
        raise MalformedBody("the pack has no record with a value")
    numbers = [one for one in records if isinstance(one, Fault) or one.value is not None]
    return Content(_items_of(numbers), unsupported=len(records) - len(numbers))


def _items_of(records: Iterable[Record | Fault]) -> list[object]:
    """Return an item for each fault, and for the values of each device and time."""
    items: list[object] = []
    values: dict[tuple[str, float | None, int], dict[str, float]] = {}
    parts: Counter[tuple[str, float | None]] = Counter()
    for record in records:
        placed = record if isinstance(record, Fault) else _placed(record)
        if isinstance(placed, Fault):
            items.append(placed)
            continue
        device, time, sensor, value = placed
        part = values.setdefault((device, time, parts[device, time]), {})
        if sensor in part or len(part) == MAX_MEASUREMENTS:
            parts[device, time] += 1
            part = values.setdefault((device, time, parts[device, time]), {})
        part[sensor] = value
    readings = [
        posted_item(device, _ts_of(time), part.items())
        for (device, time, _), part in values.items()
    ]
    return readings + items


def _placed(record: Record) -> tuple[str, float | None, str, float] | Fault:
    """Return a record's device, time, sensor and value."""
    device, part = _device_and_part(record)
    if not device:
        detail = (
            "names no device: give bn, or a name such as urn:dev:mac:0024befffe804ff1:temperature"
        )
        return Fault("n", Reason.MISSING, detail)
    if record.time is not None and abs(record.time) > _LATEST:
        return Fault("t", Reason.INVALID_TS, "must be a time of the calendar, in seconds")
    return device, record.time, _sensor_of(part, record.unit), record.value or 0.0


def _device_and_part(record: Record) -> tuple[str, str]:
    """Return the device, and what is left of the name. A base name is a device; else a URN is."""
    if record.base_name:
        return record.base_name.rstrip(_ENDS), record.name.strip(_ENDS)
    if _DEVICE_URN.fullmatch(record.name):
        return record.name, ""
    match = _LAST_PART.fullmatch(record.name)
    return (match[1], match[2]) if match else ("", "")


def _sensor_of(part: str, unit: str) -> str:
    sensor, names = _BY_UNIT.get(unit, ("", frozenset[str]()))
    if not part:
        return sensor or sensor_name(unit or "value")
    name = sensor_name(part)
    return sensor if name.lower() in names else name


def _ts_of(time: float | None) -> Time | None:
    """Return a time as acceptance takes it: from 2^28 on seconds since 1970, else from now."""
    if time is None or time == 0:
        return None
    if time >= _ABSOLUTE_FROM:
        return epoch_time(round(time * 1_000_000))
    return timedelta(seconds=time)


_SENML: Final = Dialect(content_of, PlainLaw())
