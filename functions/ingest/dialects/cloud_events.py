"""CloudEvents 1.0 by HTTP, binary, structured and in batches, through the SDK; pure.

The data of an event is a posted reading, or an array of them. `source` and `id` are the reading's
own id, so that an event that is delivered again is the same reading; `subject` stands in for a
missing `device_id`, and `time` for a missing `ts`.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from http import HTTPStatus
from typing import Any, Final

from cloudevents.exceptions import GenericException
from cloudevents.http import from_dict, from_http

from functions.ingest.dialects.dialect import Dialect, DialectOptions
from functions.ingest.faults import Fault
from functions.ingest.request_body import Content, MalformedBody, Posting, json_value
from functions.ingest.request_headers import media_type_of
from functions.ingest.responses import PlainLaw
from shared.outcomes import Reason
from shared.readings.cloud_event import REQUIRED
from shared.serving.http import HttpRequest, HttpResponse

STRUCTURED: Final = "application/cloudevents+json"
BATCH: Final = "application/cloudevents-batch+json"
_JSON_TYPES: Final = ("application/json", "text/json")


class EventLaw(PlainLaw):
    """The law of a single event: 202 without a body, or the problem.

    A Broker takes a body that is no event for a failure, and delivers the event again.
    """

    def queued(self, _posting: Posting) -> HttpResponse:
        """Return 202: an event is whole, all its readings are queued."""
        return HttpResponse(HTTPStatus.ACCEPTED)


def dialect_of(request: HttpRequest, _options: DialectOptions) -> Dialect | HttpResponse:
    """Return the dialect of the mode that a request is in (HTTP binding 1.0.2, 3)."""
    content_type = request.header(b"content-type") or ""
    return _BY_TYPE.get(media_type_of({b"content-type": content_type.encode("latin-1")}), _BINARY)


def binary_content(request: HttpRequest) -> Content:
    """Return the readings of an event whose attributes are headers."""
    headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in request.headers}
    for name in REQUIRED:  # without one of them the SDK would look for the event in the body
        if not headers.get(f"ce-{name}"):
            raise MalformedBody(f"the header ce-{name} is missing")
    try:
        event = from_http(headers, request.body, lambda body: body)
    except GenericException as error:
        raise MalformedBody(f"this is no CloudEvent: {error}") from error
    given = {name[3:]: value for name, value in headers.items() if name.startswith("ce-")}
    given["datacontenttype"] = headers.get("content-type", "")
    return _single(list(_items_in(given, event.get_data())))


def structured_content(request: HttpRequest) -> Content:
    """Return the readings of an event in JSON."""
    return _single(list(_items_of(json_value(request.body))))


def batch_content(request: HttpRequest) -> Content:
    """Return the readings of all events of an array; the place of a reading is that among them."""
    events = json_value(request.body)
    if not isinstance(events, list):
        raise MalformedBody("a batch is an array of events")
    return Content([item for event in events for item in _items_of(event)])


def _single(items: list[object]) -> Content:
    return Content(items, is_batch=len(items) > 1)


def _items_of(event: object) -> Iterator[object]:
    """Yield the readings of an event of the JSON format (1.0.2), or the fault of it."""
    if not isinstance(event, dict):
        yield Fault("", Reason.NOT_AN_EVENT, "must be an object, the event")
        return
    for name in REQUIRED:  # the SDK gives an event without an id one of its own
        if not isinstance(event.get(name), str) or not event[name]:
            yield Fault(name, Reason.NOT_AN_EVENT, "is required of an event, as text")
            return
    try:
        data = from_dict(event).get_data()
        if "data_base64" in event:
            data = base64.b64decode(event["data_base64"], validate=True)
    except (GenericException, binascii.Error, TypeError, ValueError) as error:
        yield Fault("", Reason.NOT_AN_EVENT, f"is no event: {error}")
        return
    yield from _items_in(event, data)


def _items_in(given: Mapping[str, Any], data: object) -> Iterator[object]:
    """Yield the readings in the data of an event, each with the event's identity."""
    media_type = str(given.get("datacontenttype") or "").partition(";")[0].strip().lower()
    if media_type and media_type not in _JSON_TYPES and not media_type.endswith("+json"):
        yield Fault("datacontenttype", Reason.INVALID, "must be JSON, or left out")
        return
    if isinstance(data, (bytes, str)):
        try:
            data = json_value(data)
        except MalformedBody as error:
            yield Fault("data", Reason.MALFORMED, str(error).replace("the body", "the data", 1))
            return
    if data in (None, []):
        yield Fault("data", Reason.MISSING, "must be a reading, or an array of readings")
        return
    own_id = _own_id(str(given["source"]), str(given["id"]))
    if not isinstance(data, list):
        yield _item(data, own_id, given)
        return
    for index, reading in enumerate(data):
        yield _item(reading, f"{own_id}:{index}", given)


def _item(reading: object, own_id: str, given: Mapping[str, Any]) -> object:
    if not isinstance(reading, dict):
        return reading
    defaults = {"device_id": given.get("subject"), "ts": given.get("time")}
    present = {name: value for name, value in reading.items() if value is not None}
    return {**{k: v for k, v in defaults.items() if v is not None}, **present, "id": own_id}


def _own_id(source: str, event_id: str) -> str:
    """Return what `source` and `id`, which together are an event's identity, are as an id here."""
    text = f"{len(source)}:{source}{event_id}"
    return f"ce-{blake2b(text.encode('utf-8', 'surrogatepass'), digest_size=16).hexdigest()}"


_BINARY: Final = Dialect(binary_content, EventLaw(), is_whole=True)
_BY_TYPE: Final[Mapping[str | None, Dialect]] = {
    STRUCTURED: Dialect(structured_content, EventLaw(), is_whole=True),
    BATCH: Dialect(batch_content, PlainLaw()),
}
