"""The event that goes to the dead letter sink.

RecordDispatcherImpl.java: the attributes describe the last attempt and replace older ones.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from local_dev.wire.cloud_event import EXTENSION_NAME, OWN_ATTRIBUTES, Event

if TYPE_CHECKING:
    from local_dev.wire.http_parser import Response

ERROR_DATA_BYTES = 1024
ERROR_ATTRIBUTES = ("knativeerrordest", "knativeerrorcode", "knativeerrordata")
CUSTOM_PREFIX = "kne-"


class JammedError(ValueError):
    """A kne- header whose rest is no attribute name: KafkaSource never gets over such an event."""


def dead_letter(event: Event, sink: str, response: Response | None) -> Event:
    """Return the event as it goes to the dead letter sink. Raise JammedError.

    `sink` is the one that failed; `response` its last one, or None where none came.
    """
    kept = {k: v for k, v in event.attributes.items() if k not in ERROR_ATTRIBUTES}
    added = {"knativeerrordest": sink}
    if response is not None:
        added["knativeerrorcode"] = str(response.status)
        if response.body:
            shown = response.body[:ERROR_DATA_BYTES]
            added["knativeerrordata"] = base64.b64encode(shown).decode("ascii")
    custom = _custom_attributes(response) if response is not None else {}
    added |= {n: v for n, v in custom.items() if n not in OWN_ATTRIBUTES}
    twins = tuple((n, v) for n, v in custom.items() if n in OWN_ATTRIBUTES)
    return Event({**kept, **added}, event.content_type, event.data, twins)


def _custom_attributes(response: Response) -> dict[str, str]:
    headers = [(name.lower(), value) for name, value in response.headers]
    custom = {n.removeprefix(CUSTOM_PREFIX): v for n, v in headers if n.startswith(CUSTOM_PREFIX)}
    for name in custom:
        if not EXTENSION_NAME.fullmatch(name):
            raise JammedError(f"the response's header {CUSTOM_PREFIX}{name} is no attribute name")
    return custom
