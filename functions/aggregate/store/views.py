"""What does the refresh remember? Its lease and horizon, the notes of late windows, the views and
the devices, in MongoDB. All steps of one pass are in one causally consistent session, with
majority.
"""

import uuid
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo import ReplaceOne, ReturnDocument, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import BulkWriteError, DuplicateKeyError

from functions.aggregate.window_summary import Summary, ViewKey
from shared.mongo.collections import DEVICES, NOTES, RAW, REFRESH, VIEWS, Document
from shared.mongo.database import Database
from shared.mongo.errors import database_errors, duplicates_in
from shared.mongo.reading_store import clock_of
from shared.outcomes import TemporaryError
from shared.readings.identity import EPOCH, first_id_at

LEASE_MS: Final = 15_000  # longer than a pass takes; a second pass beside it does no harm
MAX_NOTES: Final = 500
_BATCH: Final = 1_000
_FEW_DEVICES: Final = 200  # up to here the device index is cheaper than reading the whole window
_TRIES: Final = 5
_OPERATION: Final = "refresh"
_FIELDS: Final = {"received_at": 0, "dedup": 0, "client_id": 0}


@dataclass(frozen=True, slots=True)
class LateNote:
    """A note: after their end, these windows (by start) got readings of these devices."""

    note_id: str
    windows: Sequence[tuple[datetime, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """The earliest event time among a device's readings, and the latest of them as it is stored."""

    device_id: str
    first_ts: datetime
    latest: Document


async def note_late_windows(
    database: Database,
    session: AsyncClientSession,
    late: Mapping[datetime, Iterable[str]],
    window_seconds: int,
) -> None:
    """Note that after their end these windows (by start) got readings of these devices.

    One insert, under an id of its own: no two writers meet.
    """
    note = {
        "_id": f"{window_seconds}s/{uuid.uuid4().hex}",
        "window_seconds": window_seconds,
        "windows": [
            {"window_start": start, "device_ids": sorted(set(device_ids))}
            for start, device_ids in late.items()
        ],
    }
    async with database_errors("note_late_windows"):
        await database[NOTES].insert_one(note, session=session)


async def take_lease(
    database: Database,
    session: AsyncClientSession,
    owner: str,
    window_seconds: int,
    *,
    is_hurried: bool = False,
) -> "RefreshPass | None":
    """Begin a pass if one is due, by the database's clock; None if not, or if another has it.

    `is_hurried`: its last owner may take it before it is due. This write is also what advances the
    clock that the pass then reads after.
    """
    state_id = f"refresh/{window_seconds}s"
    state = database[REFRESH]
    is_due: Document = {"$expr": {"$lte": ["$due", "$$NOW"]}}
    free: Document = {"$or": [is_due, {"owner": owner}]} if is_hurried else is_due
    taken = [{"$set": {"owner": owner, "due": {"$add": ["$$NOW", LEASE_MS]}}}]
    async with database_errors(_OPERATION):
        found = await state.find_one_and_update(
            {"_id": state_id, **free}, taken, return_document=ReturnDocument.AFTER, session=session
        )
        if found is None and await state.find_one({"_id": state_id}, session=session) is None:
            await _first_state(database, session, state_id)
            found = await state.find_one_and_update(
                {"_id": state_id, **free},
                taken,
                return_document=ReturnDocument.AFTER,
                session=session,
            )
    if found is None:
        return None
    return RefreshPass(database, session, owner, state_id, window_seconds, found["horizon"])


class RefreshPass:
    """The reads and writes of one pass. `horizon`: windows ending at or before it are settled, save
    for what notes say; `clock`: the database's time of the lease.
    """

    def __init__(
        self,
        database: Database,
        session: AsyncClientSession,
        owner: str,
        state_id: str,
        window_seconds: int,
        horizon: datetime,
    ) -> None:
        self._database = database
        self._session = session
        self._owner = owner
        self._state_id = state_id
        self._window_seconds = window_seconds
        self.horizon = horizon
        self.clock = clock_of(session)

    async def late_notes(self) -> Sequence[LateNote]:
        """Give up to 500 notes."""
        async with database_errors(_OPERATION):
            cursor = self._database[NOTES].find(
                {"window_seconds": self._window_seconds}, limit=MAX_NOTES, session=self._session
            )
            return [
                LateNote(
                    note["_id"],
                    [(window["window_start"], window["device_ids"]) for window in note["windows"]],
                )
                for note in await cursor.to_list()
            ]

    async def readings_from(self, start: datetime) -> AsyncIterator[Sequence[Document]]:
        """Give all readings with event time `start` or later, by time, some at once."""
        async for batch in self.batches({"_id": {"$gte": first_id_at(start)}}):
            yield batch

    async def readings_of(
        self, window_start: datetime, device_ids: Sequence[str]
    ) -> AsyncIterator[Sequence[Document]]:
        """Give the readings of these devices in this window (others' may be among them)."""
        end = window_start + timedelta(seconds=self._window_seconds)
        wanted: Document = {"_id": {"$gte": first_id_at(window_start), "$lt": first_id_at(end)}}
        if len(device_ids) <= _FEW_DEVICES:
            wanted = {
                "device_id": {"$in": list(device_ids)},
                "ts": {"$gte": window_start, "$lt": end},
            }
        async for batch in self.batches(wanted):
            yield batch

    async def stored_counts(self, view_ids: Sequence[str]) -> dict[str, int]:
        """Give how many readings these stored views are of; those without a view are missing."""
        counts: dict[str, int] = {}
        async with database_errors(_OPERATION):
            for some in _chunks(view_ids):
                cursor = self._database[VIEWS].find(
                    {"_id": {"$in": list(some)}}, {"count": 1}, session=self._session
                )
                counts.update((view["_id"], view["count"]) for view in await cursor.to_list())
        return counts

    async def write_views(self, summaries: Mapping[ViewKey, Summary]) -> None:
        """Replace each view that is of fewer readings than the given one; others stay.

        A duplicate key says that the view is there, not of how many readings: another pass may have
        inserted a smaller one just now. So look, and write again where it is smaller.
        """
        left = {key.view_id: view_of(key, summary) for key, summary in summaries.items()}
        for _ in range(_TRIES):
            refused: list[str] = []
            async with database_errors(_OPERATION):
                for some in _chunks(list(left)):
                    refused += await self._replace_smaller([left[view_id] for view_id in some])
            if not refused:
                return
            counts = await self.stored_counts(refused)
            left = {i: left[i] for i in refused if counts.get(i, 0) < left[i]["count"]}
            if not left:
                return
        raise TemporaryError(_OPERATION, f"{len(left)} views are being written by others")

    async def write_devices(self, facts: Iterable[DeviceFacts]) -> None:
        """Widen what is stored of these devices: first time, last time, latest reading."""
        updates = [_widened(one) for one in facts]
        for some in _chunks(updates):
            left: Sequence[UpdateOne] = some
            for _ in range(_TRIES):
                left = await self._update_devices(left)
                if not left:
                    break
            if left:
                raise TemporaryError(_OPERATION, f"{len(left)} devices are being written by others")

    async def finish(self, notes: Sequence[LateNote], horizon: datetime, wait_s: float) -> None:
        """Delete the notes that were read, move the horizon forward (never back), set the next
        time.
        """
        async with database_errors(_OPERATION):
            if notes:
                await self._database[NOTES].delete_many(
                    {"_id": {"$in": [note.note_id for note in notes]}}, session=self._session
                )
            still_mine = {"$eq": ["$owner", self._owner]}
            next_due = {"$add": ["$$NOW", round(wait_s * 1000)]}
            await self._database[REFRESH].update_one(
                {"_id": self._state_id},
                [
                    {
                        "$set": {
                            "horizon": {"$max": ["$horizon", horizon]},
                            "due": {"$cond": [still_mine, next_due, "$due"]},
                        }
                    }
                ],
                session=self._session,
            )

    async def batches(self, wanted: Document) -> AsyncIterator[Sequence[Document]]:
        """Give the readings that match this filter, by time, some at once."""
        async with database_errors(_OPERATION):
            cursor = self._database[RAW].find(
                wanted, _FIELDS, sort=[("_id", 1)], batch_size=_BATCH, session=self._session
            )
            async with cursor:
                while batch := await cursor.to_list(_BATCH):
                    yield batch

    async def _replace_smaller(self, views: Sequence[Document]) -> list[str]:
        """Give the ids of those refused with a duplicate key."""
        requests = [
            ReplaceOne({"_id": view["_id"], "count": {"$lt": view["count"]}}, view, upsert=True)
            for view in views
        ]
        try:
            await self._database[VIEWS].bulk_write(requests, ordered=False, session=self._session)
        except BulkWriteError as error:
            return [views[index]["_id"] for index in duplicates_in(error)]
        return []

    async def _update_devices(self, updates: Sequence[UpdateOne]) -> Sequence[UpdateOne]:
        """Give those refused with a duplicate key: two passes inserted the same device at once."""
        async with database_errors(_OPERATION):
            try:
                await self._database[DEVICES].bulk_write(
                    list(updates), ordered=False, session=self._session
                )
            except BulkWriteError as error:
                return [updates[index] for index in duplicates_in(error)]
        return []


async def _first_state(database: Database, session: AsyncClientSession, state_id: str) -> None:
    first = {"_id": state_id, "horizon": EPOCH, "due": EPOCH, "owner": ""}
    try:
        await database[REFRESH].insert_one(first, session=session)
    except DuplicateKeyError:
        return  # another pass made it


def view_of(key: ViewKey, summary: Summary) -> Document:
    """Give the view's document in aggregated_data."""
    return {
        "_id": key.view_id,
        "device_id": key.device_id,
        "sensor_type": key.sensor_type,
        "timestamp": key.window_start,
        "window_seconds": key.window_seconds,
        **asdict(summary),
    }


def _widened(facts: DeviceFacts) -> UpdateOne:
    # $max compares documents field by field: `_id` is first, and begins with the event time.
    latest = {name: value for name, value in facts.latest.items() if name != "device_id"}
    return UpdateOne(
        {"_id": facts.device_id},
        {
            "$min": {"first_ts": facts.first_ts},
            "$max": {"last_ts": latest["ts"], "latest": latest},
            "$setOnInsert": {"device_id": facts.device_id},
        },
        upsert=True,
    )


def _chunks(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (items[start : start + _BATCH] for start in range(0, len(items), _BATCH))
