"""Erasing a device: everything that is stored of it, page by page; safe to repeat."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Final

from functions.aggregate.erase.letter import Parted, Unreadable, parted
from functions.aggregate.store.note import LATE, NewNotes
from functions.aggregate.store.notes import write_notes
from functions.aggregate.store.pairs import Pair
from shared.mongo.collections import (
    ALERT_STATES,
    ALERTS,
    DEAD_LETTERS,
    DEVICES,
    ERASED,
    HOURS,
    OUTBOX,
    RAW,
    SILENCES,
    VIEWS,
    Document,
)
from shared.mongo.database import Database, Session
from shared.mongo.erasures import KEPT
from shared.mongo.errors import database_errors
from shared.mongo.reading_store import clock_of
from shared.readings.windows import window_start_of
from shared.settings import AggregateSettings

PAGE: Final = 2_000
_LETTERS: Final = 100  # of up to 1 MiB each
_OPERATION: Final = "erase"
# Readings first: what is made of them would be made anew.
_OF_A_DEVICE: Final = {
    VIEWS: "device_id",
    HOURS: "device_id",
    OUTBOX: "device_id",
    ALERTS: "device_id",
    ALERT_STATES: "_id",
    DEVICES: "_id",
    SILENCES: "matchers.device_id",
}


class Erasure:
    """The erasure of one device, in one causally consistent session of the database."""

    def __init__(
        self, database: Database, session: Session, device_id: str, settings: AggregateSettings
    ) -> None:
        self._database = database
        self._session = session
        self._device_id = device_id
        self._settings = settings

    async def begin(self) -> datetime:
        """Write down that it is erased, for good; return until when what was received is gone.

        A second erasure moves that on. Raise TemporaryError, as all of it does.
        """
        async with database_errors(_OPERATION):
            await self._database.command("ping", session=self._session)  # tells the clock
            until = clock_of(self._session)
            await self._database[ERASED].update_one(
                {"_id": self._device_id},
                {"$max": {"until": until, "expire_at": until + KEPT}},
                upsert=True,
                session=self._session,
            )
        return until

    async def counts(self) -> Mapping[str, int]:
        """Return how many documents of each collection there are of it, and change nothing."""
        found: Counter[str] = Counter()
        async with database_errors(_OPERATION):
            for name, field in {RAW: "device_id", **_OF_A_DEVICE}.items():
                found[name] = await self._database[name].count_documents(
                    {field: self._device_id}, session=self._session
                )
        async for letter in self._letters():
            found[DEAD_LETTERS] += _is_of(letter, self._device_id)
        return found

    async def erase(self, until: datetime) -> Mapping[str, int]:
        """Delete what is stored now of what was received until then; return how many of each.

        Readings that were received later stay, and are noted to be counted anew.
        """
        erased: Counter[str] = Counter()
        old: Document = {"device_id": self._device_id, "received_at": {"$lte": until}}
        erased[RAW] = await self._delete(RAW, old)
        for name, field in _OF_A_DEVICE.items():
            erased[name] = await self._delete(name, {field: self._device_id})
        async for letter in self._letters():
            erased[DEAD_LETTERS] += await self._erase_in(letter)
        await self._note_the_rest()
        return erased

    async def _delete(self, name: str, wanted: Document) -> int:
        documents, deleted = self._database[name], 0
        while True:
            async with database_errors(_OPERATION):
                page = await documents.find(
                    wanted, {"_id": 1}, limit=PAGE, session=self._session
                ).to_list()
            if not page:
                return deleted
            these: Document = {"$and": [wanted, {"_id": {"$in": [row["_id"] for row in page]}}]}
            async with database_errors(_OPERATION):
                result = await documents.delete_many(these, session=self._session)
            deleted += result.deleted_count

    async def _letters(self) -> AsyncIterator[Document]:
        """Yield every dead letter that may hold a reading of the device."""
        after: object = None
        while True:
            wanted = {} if after is None else {"_id": {"$gt": after}}
            async with database_errors(_OPERATION):
                page = (
                    await self._database[DEAD_LETTERS]
                    .find(
                        wanted,
                        {"data": 1, "attributes": 1},
                        sort=[("_id", 1)],
                        limit=_LETTERS,
                        session=self._session,
                    )
                    .to_list()
                )
            for letter in page:
                if _is_of(letter, self._device_id):
                    yield letter
            if len(page) < _LETTERS:
                return
            after = page[-1]["_id"]

    async def _erase_in(self, letter: Document) -> int:
        letters = self._database[DEAD_LETTERS]
        same = {"_id": letter["_id"], "data": letter["data"]}
        rest = _rest_of(letter, self._device_id)
        async with database_errors(_OPERATION):
            if rest is None:
                result = await letters.delete_one(same, session=self._session)
                return result.deleted_count
            change = {
                "$set": {"data": rest.data, "reading_ids": rest.reading_ids},
                # What a function said of it may name the device.
                "$unset": {"error_data": "", "redrive_error": ""},
            }
            updated = await letters.update_one(same, change, session=self._session)
            return updated.modified_count

    async def _note_the_rest(self) -> None:
        """Have the windows counted anew of readings that were received later."""
        width = self._settings.aggregate_window_seconds
        starts: set[datetime] = set()
        after: Document = {}
        while True:
            wanted = {"device_id": self._device_id, **after}
            async with database_errors(_OPERATION):
                page = (
                    await self._database[RAW]
                    .find(wanted, {"ts": 1}, sort=[("ts", 1)], limit=PAGE, session=self._session)
                    .to_list()
                )
            starts.update(window_start_of(row["ts"], width) for row in page)
            if len(page) < PAGE:
                break
            after = {"ts": {"$gt": page[-1]["ts"]}}  # of one time there is one window
        if not starts:
            return
        new = NewNotes(self._settings.aggregate_shards)
        for start in starts:
            new.add_pair(LATE, Pair(self._device_id, start))
        await write_notes(self._database, self._session, new, width, clock_of(self._session))


def _is_of(letter: Document, device_id: str) -> bool:
    """Return whether a dead letter holds a reading of the device, as far as that can be known."""
    try:
        return parted(letter["data"], device_id).own > 0
    except Unreadable:
        return bool(letter.get("attributes", {}).get("partitionkey") == device_id)


def _rest_of(letter: Document, device_id: str) -> Parted | None:
    """Return what is left of a letter of the device, None where nothing of use is."""
    try:
        rest = parted(letter["data"], device_id)
    except Unreadable:
        return None  # no redrive could give it to anybody
    return None if rest.is_empty else rest
