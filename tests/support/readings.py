"""The readings that tests speak of. Plain ones to vary, and strategies for any."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from functions.ingest.acceptance import PostedReading, accept
from shared.readings.cloud_event import CloudEvent, event_of
from shared.readings.reading import Reading
from shared.readings.reading_event import Record

NOW = datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)
QUICK = settings(deadline=None, max_examples=40)  # all unit tests together take under 10 s
_LETTERS = "azAZ09._:-"
IDS = st.text(_LETTERS, min_size=1, max_size=12) | st.just(_LETTERS * 12)
NUMBERS = st.floats(-1e100, 1e100, allow_nan=False)
SENSORS = st.text("azAZ09_", max_size=8).map("s{}".format)
TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2026, 1, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
POSTED = st.fixed_dictionaries(
    {"device_id": IDS, "temperature_c": NUMBERS},
    optional={
        "ts": TIMES.map(datetime.isoformat),
        "id": IDS,
        "humidity": NUMBERS,
        "lat": st.floats(-90, 90),
        "lon": st.floats(-180, 180),
        "measurements": st.dictionaries(SENSORS, NUMBERS, max_size=4),
    },
)


def posted(**changes: Any) -> dict[str, Any]:
    """Give a good reading as a device posts it, with `changes`; a None takes a field away."""
    plain = {"device_id": "greenhouse-1", "ts": "2026-01-31T11:59:00Z", "temperature_c": 21.5}
    return {name: value for name, value in (plain | changes).items() if value is not None}


def accepted(key: str | None = None, nonce: str = "n0", **changes: Any) -> Reading:
    """Give the reading that ingest makes of `posted(**changes)` at NOW."""
    return accept(PostedReading.model_validate(posted(**changes)), NOW, key, lambda: nonce)


def at(seconds: float, **changes: Any) -> Reading:
    """Give an accepted reading of that many seconds before NOW."""
    return accepted(ts=(NOW - timedelta(seconds=seconds)).isoformat(), **changes)


def delivered(record: Record) -> CloudEvent:
    """Give the event that KafkaSource delivers for a record: headers `ce_x` become `ce-x`."""
    return event_of(request_headers(record), record.value)


def request_headers(record: Record) -> list[tuple[bytes, bytes]]:
    return [
        (name.replace("ce_", "ce-").encode(), value)
        for name, value in record.headers
        if isinstance(value, bytes)
    ]
