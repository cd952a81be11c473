"""What is left of a dead letter without one device's readings; pure."""

import json
from dataclasses import dataclass
from typing import Any


class Unreadable(Exception):  # noqa: N818 - an outcome
    """The letter's bytes are not the readings that ingest makes: whose they are is not known."""


@dataclass(frozen=True, slots=True)
class Parted:
    """A letter's readings: how many are the device's, and those of others as it would hold them."""

    own: int
    data: bytes
    reading_ids: list[str]

    @property
    def is_empty(self) -> bool:
        """Whether no other device has a reading in it."""
        return not self.reading_ids


def parted(data: bytes, device_id: str) -> Parted:
    """Part a device's readings from those of others. Raise Unreadable for what has no readings."""
    try:
        readings: Any = json.loads(data)
    except ValueError as error:
        raise Unreadable from error
    if not isinstance(readings, list) or not all(map(_is_reading, readings)):
        raise Unreadable
    others = [reading for reading in readings if reading["device_id"] != device_id]
    text = json.dumps(others, separators=(",", ":"))
    ids = [reading["reading_id"] for reading in others]
    return Parted(len(readings) - len(others), text.encode(), ids)


def _is_reading(item: object) -> bool:
    return isinstance(item, dict) and all(
        isinstance(item.get(name), str) for name in ("device_id", "reading_id")
    )
