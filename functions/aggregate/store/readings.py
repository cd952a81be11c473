"""The stored readings, read in pages: each page is a find of its own with a limit of its own.

The driver makes one time limit of a find and all that follows on its cursor, so a cursor over a
long history would meet it for ever.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from pymongo.asynchronous.client_session import AsyncClientSession

from shared.mongo.collections import RAW, Document
from shared.mongo.database import Database
from shared.mongo.errors import database_errors
from shared.readings.identity import first_id_at

_MILLISECOND: Final = timedelta(milliseconds=1)
PAGE: Final = 1_000  # decoding them holds the loop for some milliseconds
FIELDS: Final = {"received_at": 0, "dedup": 0, "client_id": 0}
_OPERATION: Final = "refresh"


class ReadingPages:
    """The readings of telemetry_raw, read in one session."""

    def __init__(self, database: Database, session: AsyncClientSession) -> None:
        self._raw = database[RAW]
        self._session = session

    async def between(
        self, start: datetime, end: datetime, after: str = ""
    ) -> AsyncIterator[Sequence[Document]]:
        """Return the readings from `start` up to `end`, by time, a page at a time.

        `after`: the id of a reading; those up to it are left out.
        """
        above = {"$gt": after} if after else {"$gte": first_id_at(start)}
        while True:
            page = await self._page({"_id": above | {"$lt": first_id_at(end)}}, [("_id", 1)], PAGE)
            if page:
                yield page
            if len(page) < PAGE:
                return
            above = {"$gt": page[-1]["_id"]}

    async def of_device(
        self, device_id: str, start: datetime, end: datetime
    ) -> AsyncIterator[Sequence[Document]]:
        """Return the device's readings from `start` up to `end`, the latest first, in pages.

        A reading may come twice: where pages meet, those of equal time are read again. A page of
        one time alone says nothing of what comes before it: that time is read by `_id`.
        """
        until = {"$lt": end}
        while True:
            wanted = {"device_id": device_id, "ts": {"$gte": start} | until}
            page = await self._page(wanted, [("ts", -1)], PAGE)
            if page:
                yield page
            if len(page) < PAGE:
                return
            last = page[-1]["ts"]
            until = {"$lte": last}
            if page[0]["ts"] == last:
                async for some in self.between(last, last + _MILLISECOND):
                    yield [reading for reading in some if reading["device_id"] == device_id]
                until = {"$lt": last}

    async def of_ranges(
        self, ranges: Sequence[tuple[Sequence[str], datetime, datetime]], limit: int
    ) -> Sequence[Document] | None:
        """Return the readings of these devices between these times, for several such ranges.

        None where there are `limit` or more.
        """
        clauses = [
            {"device_id": {"$in": list(device_ids)}, "ts": {"$gte": start, "$lt": end}}
            for device_ids, start, end in ranges
        ]
        page = await self._page({"$or": clauses}, None, limit)
        return page if len(page) < limit else None

    async def first_after(self, reading_id: str) -> Document | None:
        """Return the first reading whose id is `reading_id` or later."""
        page = await self._page({"_id": {"$gte": reading_id}}, [("_id", 1)], 1)
        return page[0] if page else None

    async def _page(
        self, wanted: Document, sort: list[tuple[str, int]] | None, limit: int
    ) -> list[Document]:
        async with database_errors(_OPERATION):
            found = self._raw.find(wanted, FIELDS, sort=sort, limit=limit, session=self._session)
            return await found.to_list()
