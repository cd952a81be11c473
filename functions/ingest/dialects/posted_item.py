"""A posted item, of what a dialect found: a device, a time, and values by sensor; pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from functions.ingest.faults import Fault
from shared.outcomes import PermanentError, Reason
from shared.readings.reading import NAMED_FIELDS

Time = str | float | datetime | timedelta  # what event_time takes


def posted_item(
    device_id: object, ts: Time | None, values: Iterable[tuple[str, object]]
) -> dict[str, object]:
    """Return the item as acceptance takes it; `ts` is None for no time.

    Raise PermanentError where two values are of one sensor: one would be lost.
    """
    fields: dict[str, object] = {"device_id": device_id}
    measurements: dict[str, object] = {}
    for sensor, value in values:
        place = fields if sensor in NAMED_FIELDS else measurements
        if sensor in place:
            detail = "is the name of two values, once it is written in letters, digits and _"
            raise PermanentError(Reason.INVALID, detail, sensor)
        place[sensor] = value
    if ts is not None:
        fields["ts"] = ts
    return {**fields, "measurements": measurements} if measurements else fields


def fault_of(rejected: PermanentError) -> Fault:
    """Return the fault that stands in the place of an item."""
    return Fault(rejected.field, rejected.reason, rejected.detail)
