"""The HTTP API of ThingsBoard for devices: telemetry of the device that the path names; pure.

`{"temperature": 21.5}`, `{"ts": 1769860740000, "values": {...}}`, or an array of either.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from http import HTTPStatus
from typing import Final

from functions.ingest.dialects.dialect import Dialect, DialectOptions, method_response
from functions.ingest.dialects.numbers import is_number, number_of
from functions.ingest.dialects.posted_item import fault_of, posted_item
from functions.ingest.dialects.sensor_names import sensor_name
from functions.ingest.request_body import Content, Posting, json_content
from functions.ingest.responses import PlainLaw, all_bad
from shared.auth.credential import is_token, sole_device_in
from shared.outcomes import PermanentError
from shared.readings.reading import TEMPERATURE
from shared.serving.http import HttpRequest, HttpResponse

_PREFIX: Final = "/api/v1/"
_SUFFIX: Final = "/telemetry"
_RENAMED: Final = {"temperature": TEMPERATURE}


class ThingsBoardLaw(PlainLaw):
    """The law of its server: 200 without a body, or 400; firmware looks at the status alone."""

    def queued(self, _posting: Posting) -> HttpResponse:
        """Return 200: Kafka has every good message; the others are counted."""
        return HttpResponse(HTTPStatus.OK)

    def all_bad(self, posting: Posting) -> HttpResponse:
        """Return 400 with the faults: nothing was stored."""
        return all_bad(posting, HTTPStatus.BAD_REQUEST)


_LAW: Final = ThingsBoardLaw()


def dialect_of(request: HttpRequest, _options: DialectOptions) -> Dialect | HttpResponse:
    """Return the dialect. What stands for the token in the path is the device, or its credential.

    A credential is of one device there; which one, is believed only when the credential holds.
    """
    device, token = request.path.removeprefix(_PREFIX).removesuffix(_SUFFIX), None
    if is_token(device):
        device, token = sole_device_in(device) or "", device
    content = partial(content_of, device=device)
    return method_response(request) or Dialect(content, _LAW, token=token)


def content_of(request: HttpRequest, device: str) -> Content:
    """Return an item for each message with a number; one with text alone is not supported."""
    content = json_content(request.body)
    items = [_item_of(message, device) for message in content.items]
    readings = [item for item in items if item is not None]
    is_batch = content.is_batch or not readings
    return Content(readings, is_batch, unsupported=len(items) - len(readings))


def _item_of(message: object, device: str) -> object:
    """Return the item; None for a message without a number, itself for one that is no object."""
    if not isinstance(message, dict):
        return message
    is_timed = "ts" in message and isinstance(message.get("values"), dict)
    values = list(_sensors_in(message["values"] if is_timed else message))
    if not values:
        return None
    try:
        item = posted_item(device, None, values)
    except PermanentError as rejected:
        return fault_of(rejected)
    return item | {"ts": message["ts"]} if is_timed else item


def _sensors_in(values: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Yield the numbers, also those in text, as ThingsBoard casts them; other text is left out."""
    for name, value in values.items():
        number = number_of(value)
        if is_number(number):
            sensor = sensor_name(name)
            yield _RENAMED.get(sensor, sensor), number
