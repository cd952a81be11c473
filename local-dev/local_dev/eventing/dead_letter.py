"""What is added to an event that goes to the dead letter sink? The bridge asks.

RecordDispatcherImpl.java: the attributes describe the last attempt and replace older ones.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from local_dev.wire.cloud_event import EXTENSION_NAME, OWN_ATTRIBUTES, Event

if TYPE_CHECKING:
    from local_dev.wire.http_client import Answer

ERROR_DATA_BYTES = 1024
ERROR_ATTRIBUTES = ("knativeerrordest", "knativeerrorcode", "knativeerrordata")
CUSTOM_PREFIX = "kne-"


class JammedError(ValueError):
    """A kne- header whose rest is no attribute name: KafkaSource never gets over such an event."""


def dead_letter(event: Event, destination: str, answer: Answer | None) -> Event:
    """Return the event as it goes to the dead letter sink.

    `destination` is the sink that failed; `answer` the last one, or None where none came.
    Raises JammedError.
    """
    kept = {k: v for k, v in event.attributes.items() if k not in ERROR_ATTRIBUTES}
    added = {"knativeerrordest": destination}
    if answer is not None:
        added["knativeerrorcode"] = str(answer.status)
        if answer.body:
            shown = answer.body[:ERROR_DATA_BYTES]
            added["knativeerrordata"] = base64.b64encode(shown).decode("ascii")
    custom = _custom_attributes(answer) if answer is not None else {}
    added |= {n: v for n, v in custom.items() if n not in OWN_ATTRIBUTES}
    twins = tuple((n, v) for n, v in custom.items() if n in OWN_ATTRIBUTES)
    return Event({**kept, **added}, event.content_type, event.data, twins)


def _custom_attributes(answer: Answer) -> dict[str, str]:
    headers = [(name.lower(), value) for name, value in answer.headers]
    custom = {n.removeprefix(CUSTOM_PREFIX): v for n, v in headers if n.startswith(CUSTOM_PREFIX)}
    for name in custom:
        if not EXTENSION_NAME.fullmatch(name):
            raise JammedError(f"the answer's header {CUSTOM_PREFIX}{name} is no attribute name")
    return custom
