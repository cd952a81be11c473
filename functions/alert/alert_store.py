"""Stores alerts: each once for its reading and rule, however often it is raised."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import BulkWriteError

from functions.alert.thresholds import Alert
from shared.mongo.collections import ALERTS, RAW, Document
from shared.mongo.database import Database
from shared.mongo.errors import database_errors, duplicates_in
from shared.mongo.reading_store import StoredAs
from shared.outcomes import TemporaryError

_OPERATION: Final = "keep_alerts"


async def keep_alerts(
    database: Database, session: AsyncClientSession, raised: Sequence[tuple[Alert, StoredAs]]
) -> Sequence[Alert]:
    """Insert the alerts that are not there yet; return those that were inserted.

    An alert's document follows from the stored reading alone: its id, its time, and `created_at`,
    when that reading was received. Raise TemporaryError where the database fails; doing it again
    completes it.
    """
    async with database_errors(_OPERATION):
        received_at = await _received_at(database, session, (as_.reading_id for _, as_ in raised))
        documents: dict[str, tuple[Alert, Document]] = {}
        for alert, as_ in raised:
            document = _document(alert, as_, received_at[as_.reading_id])
            documents[document["_id"]] = (alert, document)
        there = await _there(database, session, documents)
        missing = [documents[alert_id] for alert_id in documents if alert_id not in there]
        refused = await _insert(database, session, [document for _, document in missing])
        # A duplicate key says that somebody wrote it, not that a majority holds it: read again.
        unconfirmed = refused - await _there(database, session, refused)
    if unconfirmed:
        raise TemporaryError(
            _OPERATION, f"{len(unconfirmed)} alerts are not confirmed by a majority yet"
        )
    return [alert for alert, document in missing if document["_id"] not in refused]


async def _received_at(
    database: Database, session: AsyncClientSession, reading_ids: Iterable[str]
) -> dict[str, datetime]:
    wanted = sorted(set(reading_ids))
    cursor = database[RAW].find({"_id": {"$in": wanted}}, {"received_at": 1}, session=session)
    received_at = {found["_id"]: found["received_at"] for found in await cursor.to_list()}
    if len(received_at) < len(wanted):
        raise TemporaryError(_OPERATION, "a reading that was just kept is not there")
    return received_at


async def _there(
    database: Database, session: AsyncClientSession, alert_ids: Iterable[str]
) -> set[str]:
    wanted = sorted(alert_ids)
    if not wanted:
        return set()
    cursor = database[ALERTS].find({"_id": {"$in": wanted}}, {"_id": 1}, session=session)
    return {found["_id"] for found in await cursor.to_list()}


async def _insert(
    database: Database, session: AsyncClientSession, documents: Sequence[Document]
) -> set[str]:
    """Insert them all; return the ids of those refused with a duplicate key."""
    if not documents:
        return set()
    try:
        await database[ALERTS].insert_many(documents, ordered=False, session=session)
    except BulkWriteError as error:
        return {documents[index]["_id"] for index in duplicates_in(error)}
    return set()


def _document(alert: Alert, as_: StoredAs, received_at: datetime) -> Document:
    return {
        "_id": f"{as_.reading_id}/{alert.alert_type}",
        "device_id": alert.reading.device_id,
        "sensor_type": alert.sensor_type,
        "value": alert.value,
        "alert_type": alert.alert_type,
        "severity": alert.severity,
        "message": alert.message,
        "timestamp": as_.ts,
        "created_at": received_at,
        "status": "active",
        "reading_id": as_.reading_id,
    }
