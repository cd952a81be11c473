"""Store each reading once in telemetry_raw, and say at which database time it is there.

aggregate and alert both do so, and whichever comes first inserts.

All steps are in one causally consistent session with majority reads and writes, so the session's
operation time says: what is reported stored was stored at or before it, for good.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import BulkWriteError

from shared import metrics
from shared.mongo.collections import RAW, Document
from shared.mongo.database import Database
from shared.mongo.errors import database_errors, duplicates_in
from shared.outcomes import PermanentError, Reason, TemporaryError
from shared.readings.identity import EPOCH
from shared.readings.reading import Reading
from shared.readings.windows import window_start_of

_OPTIONAL: Final = ("temperature_c", "humidity", "lat", "lon", "measurements", "client_id")
_OPERATION: Final = "keep_readings"
# Readings may be 5 minutes ahead of their receipt, from which their retention counts; the other
# hour is for the refresh to come, also after a while without any process (a tick is every 10
# minutes).
RETENTION_MARGIN: Final = timedelta(minutes=65)
_AHEAD: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A reading on its way to the store, and when ingest received it."""

    reading: Reading
    received_at: datetime


@dataclass(frozen=True, slots=True)
class StoredAs:
    """The id and event time that a reading has in telemetry_raw.

    Another than its own where a device without a clock sent it again: the first time wins.
    `is_this_copy`: the stored document is that of the copy that came, but for its receipt.
    """

    reading_id: str
    ts: datetime
    is_this_copy: bool = True


@dataclass(frozen=True, slots=True)
class Kept:
    """How each incoming reading, by its own id, is stored for good; the database's clock after it.

    `too_late`: the ids of those that may not be counted, since what else was read then may be
    deleted by the time that somebody counts.
    """

    stored_as: Mapping[str, StoredAs]
    clock: datetime
    too_late: frozenset[str] = frozenset()


async def keep(
    database: Database,
    session: AsyncClientSession,
    incoming: Sequence[Incoming],
    retention: timedelta | None = None,
    window_seconds: int | None = None,
) -> Kept:
    """Insert the readings that are not there yet; the same reading twice is stored once.

    With a `retention`, readings whose time is (nearly) past it are not stored: a window that has
    lost readings must not be counted again. With `window_seconds`, for who counts windows, those
    are too late whose window begins then, and so are those that somebody else has stored.

    Looks before it inserts, since inserting what is there costs six times as much as a fresh
    insert. Raises TemporaryError where the database fails or does not confirm. Part may be stored
    then; keeping the same again completes it.
    """
    unique = {one.reading.reading_id: one for one in incoming}
    async with database_errors(_OPERATION):
        stored = await _stored(database, session, unique.values())
        too_late = _too_late(unique.values(), stored, clock_of(session), retention, window_seconds)
        if window_seconds is not None:
            stored = {i: as_ for i, as_ in stored.items() if i not in too_late}
        missing = [one for i, one in unique.items() if i not in stored and i not in too_late]
        refused: dict[str, Incoming] = {}
        if missing:  # pragma: no branch - 3.11 shows no jump to the end of `async with`
            refused = await _insert(database, session, missing)
            # A duplicate key says that somebody wrote it, not that a majority holds it: look again.
            stored |= {
                one.reading.reading_id: StoredAs(one.reading.reading_id, one.reading.ts)
                for one in missing
                if one.reading.reading_id not in refused
            }
            stored |= await _stored(database, session, refused.values())
    unconfirmed = len(unique) - len(stored) - len(too_late)
    if unconfirmed:
        raise TemporaryError(
            _OPERATION, f"{unconfirmed} readings are not confirmed by a majority yet"
        )
    inserted = len(missing) - len(refused)
    metrics.readings_stored.inc(inserted)
    metrics.readings_duplicate.inc(len(incoming) - inserted - len(too_late))
    return Kept(stored, clock_of(session), too_late)


def count_too_late(event: Sequence[Incoming], too_late: frozenset[str]) -> int:
    """Give how many of an event's readings were too late."""
    return sum(one.reading.reading_id in too_late for one in event)


def refuse_too_late(count: int) -> None:
    """Raise PermanentError if any of an event's readings was too late.

    Its others are stored by then.
    """
    if count:
        detail = f"{count} readings are older than the retention of raw readings"
        raise PermanentError(Reason.TOO_LATE, detail, "ts")


def clock_of(session: AsyncClientSession) -> datetime:
    """Give the database's own clock as of the session's last operation, in whole seconds."""
    timestamp = session.operation_time
    if timestamp is None:  # pymongo sets it from every answer of a replica set
        raise TemporaryError(_OPERATION, "the database told no operation time")
    return EPOCH + timedelta(seconds=timestamp.time)


def intact_until(window_start: datetime, retention: timedelta) -> datetime:
    """Return the database's time at which retention may begin to take readings of this window."""
    return window_start - _AHEAD + retention


def document_of(one: Incoming) -> Document:
    """Return the reading's document in telemetry_raw, with all of its identity."""
    reading = one.reading
    document: Document = {
        "_id": reading.reading_id,
        "device_id": reading.device_id,
        "ts": reading.ts,
        "received_at": one.received_at,
    }
    rest = reading.ts.microsecond % 1000  # BSON dates hold milliseconds
    if rest:
        document["ts_us"] = rest
    for name in _OPTIONAL:
        value = getattr(reading, name)
        if value is not None:
            document[name] = value
    dedup = reading.dedup
    if dedup is not None:
        document["dedup"] = dedup
    return document


def _too_late(
    incoming: Iterable[Incoming],
    stored: Mapping[str, StoredAs],
    clock: datetime,
    retention: timedelta | None,
    window_seconds: int | None,
) -> frozenset[str]:
    if retention is None:
        return frozenset()
    oldest = clock - retention + RETENTION_MARGIN
    times = {one.reading.reading_id: one.reading.ts for one in incoming}
    if window_seconds is None:
        return frozenset(i for i, ts in times.items() if i not in stored and ts < oldest)
    times.update((reading_id, as_.ts) for reading_id, as_ in stored.items())
    return frozenset(i for i, ts in times.items() if window_start_of(ts, window_seconds) < oldest)


async def _stored(
    database: Database, session: AsyncClientSession, wanted: Iterable[Incoming]
) -> dict[str, StoredAs]:
    """Give those of `wanted` that a majority holds, by their own ids."""
    by_id: dict[str, Reading] = {}
    by_dedup: dict[str, list[Reading]] = {}
    for one in wanted:
        dedup = one.reading.dedup
        if dedup is None:
            by_id[one.reading.reading_id] = one.reading
        else:
            by_dedup.setdefault(dedup, []).append(one.reading)
    stored: dict[str, StoredAs] = {}
    raw = database[RAW]
    if by_id:
        cursor = raw.find({"_id": {"$in": list(by_id)}}, {"_id": 1}, session=session)
        for found in await cursor.to_list():
            reading = by_id[found["_id"]]
            stored[reading.reading_id] = StoredAs(reading.reading_id, reading.ts)
    if by_dedup:
        cursor = raw.find(
            {"dedup": {"$in": list(by_dedup)}}, {"dedup": 1, "ts": 1}, session=session
        )
        for found in await cursor.to_list():
            for reading in by_dedup[found["dedup"]]:
                stored[reading.reading_id] = StoredAs(found["_id"], found["ts"], is_this_copy=False)
    return stored


async def _insert(
    database: Database, session: AsyncClientSession, missing: Sequence[Incoming]
) -> dict[str, Incoming]:
    """Insert them all; give those refused with a duplicate key, by their ids."""
    documents = [document_of(one) for one in missing]
    try:
        await database[RAW].insert_many(documents, ordered=False, session=session)
    except BulkWriteError as error:
        refused = (missing[index] for index in duplicates_in(error))
        return {one.reading.reading_id: one for one in refused}
    return {}
