"""NDJSON: a reading on each line, so that a bad line spoils no other; pure."""

from typing import Final

from functions.ingest.dialects.dialect import Dialect, DialectOptions
from functions.ingest.dialects.lines import lines_of
from functions.ingest.faults import Fault
from functions.ingest.request_body import (
    Content,
    MalformedBody,
    json_value,
)
from functions.ingest.responses import PlainLaw
from shared.outcomes import Reason
from shared.serving.http import HttpRequest, HttpResponse


def dialect_of(_request: HttpRequest, _options: DialectOptions) -> Dialect | HttpResponse:
    """Return the dialect: answered as a JSON array is."""
    return _NDJSON


def content_of(request: HttpRequest) -> Content:
    """Return an item for each line that is not blank; its index is its place among them."""
    lines = lines_of(request.body)
    if not lines:
        raise MalformedBody("there is no line with a reading")
    return Content([_item(line) for line in lines])


def _item(line: bytes) -> object:
    try:
        return json_value(line)
    except MalformedBody as error:
        return Fault("", Reason.MALFORMED, str(error).replace("the body", "the line", 1))


_NDJSON: Final = Dialect(content_of, PlainLaw())
