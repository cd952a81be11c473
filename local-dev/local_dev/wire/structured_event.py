"""The event in a record or request of type application/cloudevents+json.

The data is written anew, as Jackson does: compact JSON, 2.50 becomes 2.5.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from local_dev.wire.cloud_event import Event, NotAnEventError, read_attributes
from local_dev.wire.java_text import java_double

STRUCTURED = "application/cloudevents+json"


def is_structured(content_type: str | None) -> bool:
    """Say whether the media type, parameters aside, names the one known event format."""
    return content_type is not None and content_type.split(";")[0].strip().lower() == STRUCTURED


def read_structured(value: bytes | None) -> Event:
    """Return the event in `value`. Raise NotAnEventError where it cannot be read."""
    try:
        envelope = json.loads(value or b"", parse_constant=_refuse)
    except ValueError as error:
        raise NotAnEventError(f"the envelope is no JSON: {error}") from error
    if not isinstance(envelope, dict):
        raise NotAnEventError("the envelope is no JSON object")
    data, data_base64 = envelope.pop("data", None), envelope.pop("data_base64", None)
    attributes = {name: _text(name, part) for name, part in envelope.items() if part is not None}
    content_type = attributes.pop("datacontenttype", None)
    return read_attributes(attributes, content_type, _data(data, data_base64, content_type))


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not in JSON")


def _text(name: str, part: object) -> str:
    if isinstance(part, (dict, list)):
        raise NotAnEventError(f"{name} is neither text, number nor boolean")
    return part if isinstance(part, str) else compact_json(part)


def _data(data: object, data_base64: object, content_type: str | None) -> bytes:
    if data is not None and data_base64 is not None:
        raise NotAnEventError("both data and data_base64 are given")
    if data_base64 is not None:
        try:
            return base64.b64decode(str(data_base64), validate=True)
        except binascii.Error as error:
            raise NotAnEventError(f"data_base64: {error}") from error
    if data is None:
        return b""
    if isinstance(data, str) and not _is_json(content_type):
        return data.encode("utf-8")
    return compact_json(data).encode("utf-8")


def _is_json(content_type: str | None) -> bool:
    if content_type is None:
        return True
    media_type = content_type.split(";")[0].strip().lower()
    return media_type.endswith(("/json", "+json"))


def compact_json(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return JSON text as Jackson writes it: no spaces, non-ASCII as it is, Java's numbers."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_quoted(k)}:{compact_json(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(compact_json, value)) + "]"
    if isinstance(value, float):
        return java_double(value)
    return _quoted(value)


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
