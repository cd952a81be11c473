"""Readings of a chaos run, as posted and as stored."""

from datetime import UTC, datetime
from typing import Any

from tests.chaos.generated_readings import GeneratedReading
from tests.chaos.ledger import Ledger

TS = datetime(2026, 1, 31, 12, 0, 3, 250_000, tzinfo=UTC)


def posted(seq: int, **fields: object) -> GeneratedReading:
    content = {"device_id": "a", "measurements": {"seq": seq}, "temperature_c": 60.0}
    return GeneratedReading(("a", seq), content | {"ts": TS.isoformat()} | fields)


def stored(seq: int, reading_id: str = "", **fields: object) -> dict[str, Any]:
    document = {"_id": reading_id or f"id-{seq}", "device_id": "a", "ts": TS, "received_at": TS}
    return document | {"measurements": {"seq": seq}, "temperature_c": 60.0} | fields


def ledger_of(reading: GeneratedReading, *acknowledged: str) -> Ledger:
    ledger = Ledger()
    ledger.posted([reading])
    for reading_id in acknowledged:
        ledger.acknowledged(reading, reading_id)
    return ledger
