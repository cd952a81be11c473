"""Readings of long ago, stored at once: as many millions as a test wants, with their right ids."""

from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, Final

from pymongo import MongoClient, WriteConcern

from shared.readings.identity import microseconds_of
from tests.volume.fleet import value_of

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
_BATCH: Final = 20_000


def store_history(url: str, database: str, readings: int, devices: int) -> int:
    """Store a reading a second of each device from START on; return how many were stored.

    The ids are made by hand: those of shared.readings.identity for these readings, at a fifth of
    the time (a unit test compares them).
    """
    seconds = readings // devices
    with MongoClient[dict[str, Any]](url) as client:
        raw = client[database].get_collection("telemetry_raw", write_concern=WriteConcern(w=1))
        batch: list[dict[str, Any]] = []
        for second in range(seconds):
            batch += readings_at(second, devices)
            if len(batch) >= _BATCH:
                raw.insert_many(batch, ordered=False)
                batch = []
        if batch:
            raw.insert_many(batch, ordered=False)
    return seconds * devices


def readings_at(second: int, devices: int) -> list[dict[str, Any]]:
    """Return the documents of one reading of each device."""
    ts = START + timedelta(seconds=second)
    us = microseconds_of(ts)
    prefix = f"{us // 1000:012x}"
    made = []
    for device in range(devices):
        value = value_of(second * devices + device)
        text = f"1|old-{device}|{us}||||temperature_c={value!r}"
        made.append(
            {
                "_id": prefix + blake2b(text.encode(), digest_size=16).hexdigest(),
                "device_id": f"old-{device}",
                "ts": ts,
                "received_at": ts,
                "temperature_c": value,
            }
        )
    return made
