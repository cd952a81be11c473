"""What is known of each device: its first and last time, its latest reading, where it was last."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pymongo import UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import BulkWriteError

from functions.aggregate.store.chunks import chunks
from shared.mongo.collections import DEVICES, Document
from shared.mongo.database import Database
from shared.mongo.errors import database_errors, duplicates_in
from shared.outcomes import TemporaryError

_BULK: Final = 500  # encoding them holds the loop
_TRIES: Final = 5
_OPERATION: Final = "refresh"
_OF_A_POSITION: Final = ("_id", "ts", "lat", "lon")


@dataclass(frozen=True, slots=True)
class Edges:
    """How wide a device is: its earliest time, and the ids of its latest readings."""

    first_ts: datetime
    latest_id: str
    located_id: str  # of the latest with a position; empty where there is none

    def is_beyond(self, other: "Edges") -> bool:
        """Return whether these are wider than the others in any way."""
        latest = self.latest_id > other.latest_id or self.located_id > other.located_id
        return latest or self.first_ts < other.first_ts

    def joined(self, other: "Edges") -> "Edges":
        """Return the edges of both."""
        return Edges(
            min(self.first_ts, other.first_ts),
            max(self.latest_id, other.latest_id),
            max(self.located_id, other.located_id),
        )


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """The earliest event time among a device's readings, and the latest of them as it is stored.

    `located` is the latest reading with a position.
    """

    device_id: str
    first_ts: datetime
    latest: Document
    located: Document | None = None

    @property
    def edges(self) -> Edges:
        """How wide they are."""
        located = "" if self.located is None else self.located["_id"]
        return Edges(self.first_ts, self.latest["_id"], located)


class DeviceReadings:
    """The facts of each device, among readings as they come."""

    def __init__(self) -> None:
        self._first: dict[str, datetime] = {}
        self._latest: dict[str, Document] = {}
        self._located: dict[str, Document] = {}

    def see(self, reading: Document) -> None:
        """Take in one reading; the same one may come many times."""
        device_id, ts = reading["device_id"], reading["ts"]
        first = self._first.get(device_id)
        if first is None or ts < first:
            self._first[device_id] = ts
        latest = self._latest.get(device_id)
        if latest is None or latest["_id"] < reading["_id"]:
            self._latest[device_id] = reading
        if "lat" in reading and "lon" in reading:
            located = self._located.get(device_id)
            if located is None or located["_id"] < reading["_id"]:
                self._located[device_id] = reading

    def facts(self) -> Iterator[DeviceFacts]:
        """Return what is known of each device."""
        for device_id, latest in self._latest.items():
            located = self._located.get(device_id)
            yield DeviceFacts(device_id, self._first[device_id], latest, located)


def edges_of(device: Document) -> Edges:
    """Return how wide a device is stored."""
    located = device.get("position", {"_id": ""})
    return Edges(device["first_ts"], device["latest"]["_id"], located["_id"])


async def widen(
    database: Database, session: AsyncClientSession, facts: Iterable[DeviceFacts]
) -> None:
    """Widen what is stored of these devices; it can never become narrower.

    Raise TemporaryError where the database fails, or others write the same devices all the time.
    """
    for some in chunks([_widened(one) for one in facts], _BULK):
        left: Sequence[UpdateOne] = some
        for _ in range(_TRIES):
            left = await _refused(database, session, left)
            if not left:
                break
        if left:
            raise TemporaryError(_OPERATION, f"{len(left)} devices are being written by others")


async def _refused(
    database: Database, session: AsyncClientSession, updates: Sequence[UpdateOne]
) -> Sequence[UpdateOne]:
    """Return those refused with a duplicate key: two processes inserted the same device at once."""
    async with database_errors(_OPERATION):
        try:
            await database[DEVICES].bulk_write(list(updates), ordered=False, session=session)
        except BulkWriteError as error:
            return [updates[index] for index in duplicates_in(error)]
    return []


def _widened(facts: DeviceFacts) -> UpdateOne:
    # $max compares documents field by field: `_id` is first, and begins with the event time.
    latest = {name: value for name, value in facts.latest.items() if name != "device_id"}
    largest: Document = {"last_ts": latest["ts"], "latest": latest}
    if facts.located is not None:
        largest["position"] = {name: facts.located[name] for name in _OF_A_POSITION}
    return UpdateOne(
        {"_id": facts.device_id},
        {
            "$min": {"first_ts": facts.first_ts},
            "$max": largest,
            "$setOnInsert": {"device_id": facts.device_id},
        },
        upsert=True,
    )
