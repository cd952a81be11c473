"""Influx line protocol, as version 1 and 2 of its servers are written to; pure.

Telegraf, Home Assistant, Proxmox, Traefik and Node-RED speak it. A line is a reading: its device is
a tag, its sensors are its fields.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from functions.ingest.dialects.dialect import Dialect, DialectOptions, method_response
from functions.ingest.dialects.influx_law import V1_LAW, V2_LAW
from functions.ingest.dialects.influx_line import Line, LineError, lines_in
from functions.ingest.dialects.posted_item import fault_of, posted_item
from functions.ingest.dialects.sensor_names import sensor_name, sensor_of_unit
from functions.ingest.faults import Fault
from functions.ingest.query import parameters_in
from functions.ingest.request_body import MAX_BATCH, Content, MalformedBody, OversizedBatch
from shared.outcomes import PermanentError, Reason
from shared.readings.reading import NAMED_FIELDS
from shared.serving.http import HttpRequest, HttpResponse
from shared.times import epoch_time

V1_PATH: Final = "/write"
V2_PATH: Final = "/api/v2/write"
# Nanoseconds in each unit; version 1 has names of its own for some, and minutes and hours.
_NANOSECONDS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("", "n", "ns"), 1),
    **dict.fromkeys(("u", "us", "µ"), 1_000),
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_MAX_LINE_ENDS: Final = 4 * MAX_BATCH
_VALUE: Final = "value"  # the field of Home Assistant's state
_KIND: Final = "device_class_str"  # its attribute that tells humidity from other percents


def dialect_of(request: HttpRequest, options: DialectOptions) -> Dialect | HttpResponse:
    """Return the dialect of version 1 or 2; they differ in how they tell of failures.

    Clients of version 1 may have their password in the query, beside a user of any name.
    """
    law, token = V2_LAW, None
    if request.path == V1_PATH:
        law, token = V1_LAW, _password_in(request.query)
    content = partial(content_of, options=options)
    return method_response(request) or Dialect(content, law, token=token)


def _password_in(query: bytes) -> str | None:
    try:
        return parameters_in(query).get("p", [None])[0]
    except MalformedBody:
        return None  # the request is refused for it when it is read


def content_of(request: HttpRequest, options: DialectOptions) -> Content:
    """Return an item for each line with a number; one with text alone is not supported.

    An empty body has no items and is no failure: it is how clients try the connection.
    """
    unit = _nanoseconds_of(request.query)
    if request.body.count(b"\n") > _MAX_LINE_ENDS:
        raise OversizedBatch(f"over {_MAX_LINE_ENDS} line ends; send at most {MAX_BATCH} lines")
    items: list[object] = []
    unsupported = 0
    for line in lines_in(request.body.decode("utf-8", "replace")):
        if isinstance(line, Line) and not line.numbers:
            unsupported += 1
        else:
            items.append(_item_of(line, unit, options))
    return Content(items, unsupported=unsupported)


def _nanoseconds_of(query: bytes) -> int:
    given = parameters_in(query).get("precision", [""])[0]
    if given not in _NANOSECONDS:
        raise MalformedBody(f"precision is one of ns, us, ms, s, m and h, not {given[:20]!r}")
    return _NANOSECONDS[given]


def _item_of(line: Line | LineError, unit: int, options: DialectOptions) -> object:
    if isinstance(line, LineError):
        return Fault("", Reason.MALFORMED, str(line))
    device = next((line.tags[tag] for tag in options.device_tags if tag in line.tags), None)
    if device is None:
        detail = f"is named by none of the tags {', '.join(options.device_tags)}"
        return Fault("device_id", Reason.MISSING, detail)
    try:
        ts = None if line.time is None else epoch_time(line.time * unit // 1_000)
        return posted_item(device, ts, _sensors_of(line, options.plain_measurements))
    except ValueError as error:
        return Fault("ts", Reason.INVALID_TS, str(error))
    except PermanentError as rejected:
        return fault_of(rejected)


def _sensors_of(line: Line, plain: Sequence[str]) -> Iterator[tuple[str, float]]:
    of_unit = sensor_of_unit(line.measurement, line.texts.get(_KIND, ""))
    is_plain = of_unit is not None or line.measurement in plain or _is_entity(line)
    prefix = "" if is_plain else line.measurement
    for field, number in line.numbers.items():
        if field in NAMED_FIELDS:
            yield field, number
        elif field == _VALUE and of_unit is not None:
            yield of_unit, number
        else:
            yield sensor_name(prefix, field), number


def _is_entity(line: Line) -> bool:
    """Return whether it is a state of Home Assistant without a unit: named like its entity."""
    return line.measurement == f"{line.tags.get('domain')}.{line.tags.get('entity_id')}"
