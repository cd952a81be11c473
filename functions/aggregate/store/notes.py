"""The notes of readings that are stored and not counted yet, in refresh_notes."""

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from typing import Final

from bson.codec_options import CodecOptions
from bson.raw_bson import DEFAULT_RAW_BSON_OPTIONS, RawBSONDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection

from functions.aggregate.store.chunks import chunks
from functions.aggregate.store.note import (
    AFTER_ALL,
    Lane,
    NewNotes,
    Note,
    pairs_named_in,
    time_in_id,
    written_at,
)
from functions.aggregate.store.pairs import Pair, pair_of
from shared.mongo.collections import REFRESH_NOTES, Document
from shared.mongo.database import Database
from shared.mongo.errors import database_errors

PAGE: Final = 100  # notes of up to 500 readings each
_DELETED: Final = 1_000
_OPERATION: Final = "refresh"


async def write_notes(
    database: Database,
    session: AsyncClientSession,
    new: NewNotes,
    window_seconds: int,
    clock: datetime,
) -> None:
    """Insert the notes of a kept batch, each under an id of its own: no two writers meet."""
    documents = list(new.documents(window_seconds, clock))
    async with database_errors("write_notes"):
        await database[REFRESH_NOTES].insert_many(documents, ordered=False, session=session)


class Notes:
    """The notes of windows of one width."""

    def __init__(
        self, database: Database, session: AsyncClientSession, window_seconds: int
    ) -> None:
        self._session = session
        self._window_seconds = window_seconds
        self._notes = database[REFRESH_NOTES]
        # Notes of 500 readings are decoded one by one, not a page at once.
        raw: CodecOptions[RawBSONDocument] = DEFAULT_RAW_BSON_OPTIONS
        self._raw: AsyncCollection[RawBSONDocument] = self._notes.with_options(codec_options=raw)

    async def page(
        self, lane: Lane, after: str, clock: datetime | None, limit: int
    ) -> Sequence[Note]:
        """Return up to `limit` of the lane's notes of `clock` or before, those after `after`.

        The first page has "" for `after`. A note has a time that is not after its insertion, so
        that none of those acknowledged before `clock` is left out.
        """
        prefix = lane.prefix(self._window_seconds)
        last = f"{prefix}{'' if clock is None else time_in_id(clock)}{AFTER_ALL}"
        wanted = {"_id": {"$gt": after or prefix, "$lt": last}}
        async with database_errors(_OPERATION):
            found = self._raw.find(wanted, sort=[("_id", 1)], limit=limit, session=self._session)
            return [Note(note["_id"], bytes(note.raw)) for note in await found.to_list()]

    async def delete(self, note_ids: Sequence[str]) -> None:
        """Delete these notes: what they name is counted."""
        async with database_errors(_OPERATION):
            for some in chunks(note_ids, _DELETED):
                await self._notes.delete_many({"_id": {"$in": some}}, session=self._session)

    async def generations(self, name: str, *, but: int) -> frozenset[tuple[int, int]]:
        """Return (shards, shard) of each lane of this name that has notes, of other generations.

        `but`: the generation that is left out.
        """
        found: set[tuple[int, int]] = set()
        prefix = f"{self._window_seconds}s/{name}/"
        own, end = f"{prefix}{but:02}/", f"{prefix}{AFTER_ALL}"
        for start, stop in ((prefix, own), (own + AFTER_ALL, end)):
            after = start
            while (note_id := await self._first_id(after, stop)) is not None:
                shards, shard = note_id[len(prefix) :].split("/")[:2]
                found.add((int(shards), int(shard)))
                after = f"{prefix}{shards}/{shard}/{AFTER_ALL}"
        return frozenset(found)

    async def oldest(self, lane: Lane) -> datetime | None:
        """Return the database's time at which the lane's oldest note was written."""
        prefix = lane.prefix(self._window_seconds)
        note_id = await self._first_id(prefix, prefix + AFTER_ALL)
        return None if note_id is None else written_at(note_id)

    async def pairs(self) -> AsyncIterator[set[Pair]]:
        """Return the pairs that some note names, of all lanes, a page of notes at a time."""
        after, end = f"{self._window_seconds}s/", f"{self._window_seconds}s/{AFTER_ALL}"
        while True:
            wanted = {"_id": {"$gt": after, "$lt": end}}
            async with database_errors(_OPERATION):
                page = await self._notes.find(
                    wanted, sort=[("_id", 1)], limit=PAGE, session=self._session
                ).to_list()
            yield {pair for note in page for pair in self._pairs_in(note)}
            if len(page) < PAGE:
                return
            after = page[-1]["_id"]

    async def _first_id(self, after: str, end: str) -> str | None:
        wanted = {"_id": {"$gt": after, "$lt": end}}
        async with database_errors(_OPERATION):
            found = await self._notes.find(
                wanted, {"_id": 1}, sort=[("_id", 1)], limit=1, session=self._session
            ).to_list()
        return str(found[0]["_id"]) if found else None

    def _pairs_in(self, note: Document) -> Iterator[Pair]:
        yield from (pair_of(reading, self._window_seconds) for reading in note["readings"])
        yield from pairs_named_in(note)
