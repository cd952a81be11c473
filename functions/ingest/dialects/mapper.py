"""JSON of any shape, by a mapping that says where a reading's parts are; pure.

TTN, ChirpStack and Telegraf's JSON are shipped; others stand in the file of INGEST_MAPPINGS_FILE.
"""

from collections.abc import Iterator
from functools import partial
from http import HTTPStatus
from typing import Final

from functions.ingest.dialects.dialect import Dialect, DialectOptions, method_response
from functions.ingest.dialects.mapping import JsonMapping, found_at
from functions.ingest.dialects.numbers import number_of
from functions.ingest.dialects.posted_item import fault_of, posted_item
from functions.ingest.dialects.sensor_names import sensor_name
from functions.ingest.faults import Fault
from functions.ingest.query import parameters_in
from functions.ingest.request_body import Content, json_value
from functions.ingest.responses import PlainLaw
from shared.outcomes import PermanentError, Reason
from shared.serving.http import HttpRequest, HttpResponse, problem

_MAX_DEPTH: Final = 6
_LAW: Final = PlainLaw()


def dialect_of(request: HttpRequest, options: DialectOptions) -> Dialect | HttpResponse:
    """Return the dialect of the mapping that the end of the path names; 404 for none."""
    mappings = options.mappings()
    name = request.path.rpartition("/")[2]
    mapping = mappings.get(name)
    if mapping is None:
        known = ", ".join(sorted(mappings))
        return problem(HTTPStatus.NOT_FOUND, f"there is no mapping {name!r}; there are: {known}")
    return method_response(request) or Dialect(partial(content_of, mapping=mapping), _LAW)


def content_of(request: HttpRequest, mapping: JsonMapping) -> Content:
    """Return an item for each message of the kind that the mapping is for."""
    given = parameters_in(request.query)
    if any(value not in given.get(name, ()) for name, value in mapping.query.items()):
        return Content([], unsupported=1)
    found = found_at(json_value(request.body), (mapping.messages,))
    messages = found if isinstance(found, list) else [found]
    readings = [one for one in messages if _is_reading(one, mapping)]
    items = [_item_of(message, mapping) for message in readings]
    is_batch = isinstance(found, list) or not items
    return Content(items, is_batch, unsupported=len(messages) - len(readings))


def _is_reading(message: object, mapping: JsonMapping) -> bool:
    return all(found_at(message, (pointer,)) is not None for pointer in mapping.requires)


def _item_of(message: object, mapping: JsonMapping) -> object:
    device = _as_text(found_at(message, mapping.device))
    if device is None:
        pointers = " or ".join("/" + "/".join(pointer) for pointer in mapping.device)
        return Fault("device_id", Reason.MISSING, f"is not in the message at {pointers}")
    try:
        item = posted_item(device, None, _values_of(message, mapping))
    except PermanentError as rejected:
        return fault_of(rejected)
    given = {"ts": found_at(message, mapping.time), "id": _as_text(found_at(message, mapping.id))}
    return item | {name: value for name, value in given.items() if value is not None}


def _values_of(message: object, mapping: JsonMapping) -> Iterator[tuple[str, object]]:
    explicit = {**mapping.values, "lat": mapping.lat, "lon": mapping.lon}
    for sensor, pointers in explicit.items():
        value = found_at(message, pointers)
        if value is not None:
            yield sensor, number_of(value)
    for pointer in mapping.all_values:
        for name, value in _numbers_in(found_at(message, (pointer,)), ()):
            yield mapping.rename.get(name, name), value


def _numbers_in(content: object, path: tuple[str, ...]) -> Iterator[tuple[str, float]]:
    """Yield each number in objects and arrays, by its path; true and false are 1 and 0."""
    number = int(content) if isinstance(content, bool) else content
    if isinstance(number, (int, float)):
        yield sensor_name(*path), number
    if len(path) == _MAX_DEPTH:
        return
    if isinstance(content, dict):
        for name, value in content.items():
            yield from _numbers_in(value, (*path, name))
    if isinstance(content, list):
        for index, value in enumerate(content):
            yield from _numbers_in(value, (*path, str(index)))


def _as_text(value: object) -> object:
    """Return a whole number as text, for an id; anything else as it is."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
