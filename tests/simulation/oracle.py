"""What the database should hold, by the recompute that `local-dev/chaos` uses too."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared.readings.reading import Reading
from tests.chaos.oracle import (
    Document,
    devices_of,
    hours_of,
    summary_of,
    values_of,
    views_of,
    window_of,
)

__all__ = [
    "Document",
    "canonical",
    "devices_of",
    "hours_of",
    "raw_of",
    "summary_of",
    "values_of",
    "views_of",
    "window_of",
]


def raw_of(reading: Reading, received_at: datetime) -> Document:
    """Return the document of a reading received at this time."""
    document: Document = {
        "_id": reading.reading_id,
        "device_id": reading.device_id,
        "ts": _in_ms(reading.ts),
        "received_at": _in_ms(received_at),
    }
    if reading.ts.microsecond % 1000:
        document["ts_us"] = reading.ts.microsecond % 1000
    for name in ("temperature_c", "humidity", "lat", "lon", "measurements", "client_id"):
        if getattr(reading, name) is not None:
            document[name] = getattr(reading, name)
    if reading.ts_assigned:
        document["dedup"] = reading.reading_id[12:]
    return document


def canonical(documents: Mapping[Any, Document]) -> dict[str, str]:
    """Return each document as canonical JSON: names sorted, times as RFC 3339."""
    return {
        str(key): json.dumps(document, sort_keys=True, default=_written)
        for key, document in documents.items()
    }


def _written(value: object) -> str:
    assert isinstance(value, datetime)
    return value.astimezone(UTC).isoformat(timespec="milliseconds")


def _in_ms(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
