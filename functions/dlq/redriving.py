"""What is published again? The original bytes under the original id; pure."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from functions.dlq.failure_report import ERROR_ATTRIBUTES, PLACE_ATTRIBUTES
from shared.readings.cloud_event import CloudEvent
from shared.readings.reading_event import Record

_AGE: Final = re.compile(r"(\d{1,5})([smhd])", re.ASCII)  # at most 273 years
_UNITS: Final[Mapping[str, timedelta]] = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}


def record_of(event: CloudEvent) -> Record:
    """Give the record of a dead letter's event, without what its failure added."""
    added = ERROR_ATTRIBUTES | PLACE_ATTRIBUTES
    headers: list[tuple[str, str | bytes | None]] = [
        (f"ce_{name}", value.encode())
        for name, value in event.attributes.items()
        if name not in added
    ]
    if event.content_type is not None:
        headers.append(("content-type", event.content_type.encode()))
    key = event.attributes.get("partitionkey", event.event_id)
    return Record(key.encode(), headers, event.data)


def age_of(text: str) -> timedelta:
    """Read an age such as `90s`, `10m`, `24h` or `7d`; raises ValueError for anything else."""
    match = _AGE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no age such as 90s, 10m, 24h or 7d")
    return int(match[1]) * _UNITS[match[2]]
