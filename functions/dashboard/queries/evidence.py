"""What an explanation of an alert is made from: its device's readings, and the rules of then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.mongo.collections import ALERT_RULES, RAW, Document
from shared.mongo.database import Database

MOST_READINGS: Final = 5_000
_BEFORE: Final = 20  # readings before the alert: what it was like, and whence a change came
_BY_TIME: Final = [("device_id", 1), ("ts", -1)]
_FIELDS: Final = {"dedup": 0, "client_id": 0, "lat": 0, "lon": 0}
# Times of receipt have no index; a reading is found by its event time, and comes at most so late.
_LATEST: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Readings in the order of their ids, and whether there were more than are taken."""

    readings: Sequence[Document]
    is_cut: bool


async def rule_revisions(database: Database) -> list[Document]:
    """Return all that was published as rules, in order; one document for each publication."""
    return await database[ALERT_RULES].find().sort("_id", 1).to_list()


async def evidence_by_event_time(
    database: Database, device_id: str, start: datetime, end: datetime
) -> Evidence:
    """Return the device's readings from `start` to `end`, both included, and some before these."""
    earlier = {"device_id": device_id, "ts": {"$lt": start}}
    before = await _found(database, earlier, -1, _BEFORE)
    inside = {"device_id": device_id, "ts": {"$gte": start, "$lte": end}}
    return _evidence(before, await _found(database, inside, 1, MOST_READINGS + 1))


async def evidence_by_receipt(
    database: Database, device_id: str, start: datetime, end: datetime
) -> Evidence:
    """Return the device's readings that were received from `start` to `end`, both included.

    Of those that came a day late, or later, none is found.
    """
    span = {"$gte": start - _LATEST, "$lte": end + _LATEST}
    inside = {"device_id": device_id, "ts": span, "received_at": {"$gte": start, "$lte": end}}
    return _evidence([], await _found(database, inside, 1, MOST_READINGS + 1))


async def _found(
    database: Database, wanted: Document, direction: int, limit: int
) -> list[Document]:
    found = database[RAW].find(wanted, _FIELDS).hint(_BY_TIME)
    return await found.sort("ts", direction).limit(limit).to_list()


def _evidence(before: list[Document], inside: list[Document]) -> Evidence:
    is_cut = len(inside) > MOST_READINGS
    readings = sorted([*before, *inside[:MOST_READINGS]], key=lambda one: str(one["_id"]))
    return Evidence(readings, is_cut)
