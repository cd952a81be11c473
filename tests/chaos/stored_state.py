"""All documents of the database at the end of a run, read past the functions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pymongo import MongoClient
from pymongo.read_concern import ReadConcern

if TYPE_CHECKING:
    from tests.chaos.generated_readings import Key
    from tests.chaos.oracle import Document

TIMEOUT_MS = 20_000


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An open dead letter: where and why it failed, and the readings in it."""

    stage: str
    reason: str
    reading_ids: tuple[str, ...]
    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class StoredState:
    """The documents of each collection; of dead letters the open ones.

    `refresh_notes` is how many batches are still to be counted by a refresh.
    """

    readings: list[Document]
    views: list[Document]
    devices: list[Document]
    alerts: list[Document]
    refresh_notes: int
    dead_letters: list[DeadLetter]


def stored_state(mongo_url: str, database: str) -> StoredState:
    """Read what a majority holds. Raise PyMongoError where the database does not respond."""
    with MongoClient[dict[str, Any]](mongo_url, tz_aware=True, timeoutMS=TIMEOUT_MS) as client:
        found = client.get_database(database, read_concern=ReadConcern("majority"))
        dead_letters = found.dead_letters.find({"status": "open"})
        return StoredState(
            readings=list(found.telemetry_raw.find()),
            views=list(found.aggregated_data.find()),
            devices=list(found.devices.find()),
            alerts=list(found.alerts.find()),
            refresh_notes=found.refresh_notes.count_documents({}),
            dead_letters=[_dead_letter(each) for each in dead_letters],
        )


def _dead_letter(document: Document) -> DeadLetter:
    readings = json.loads(document["data"])
    return DeadLetter(
        stage=document["stage"],
        reason=document["reason"],
        reading_ids=tuple(each["reading_id"] for each in readings),
        keys=tuple((each["device_id"], int(each["measurements"]["seq"])) for each in readings),
    )
