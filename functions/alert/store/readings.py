"""A device's stored readings in pages, by event time or by time of receipt.

Each page is a find of its own with a limit of its own: the driver makes one time limit of a find
and all that follows on its cursor.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Final, Literal

from functions.alert.store.chunks import chunks
from shared.mongo.collections import RAW, Document
from shared.mongo.database import Database, Session
from shared.mongo.errors import database_errors

Axis = Literal["ts", "received_at"]
PAGE: Final = 1_000  # decoding them holds the loop for some milliseconds
FEW: Final = 50
RANGES: Final = 100
_FIELDS: Final = {"client_id": 0, "dedup": 0, "lat": 0, "lon": 0}
_OPERATION: Final = "keep_alerts"


class ReadingPages:
    """The readings of telemetry_raw, read in one session."""

    def __init__(self, database: Database, session: Session) -> None:
        self._raw = database[RAW]
        self._session = session

    async def since(
        self, starts: Mapping[str, datetime], limit: int
    ) -> Mapping[str, Sequence[Document]] | None:
        """Return each device's readings from its start of event time on, in their order.

        None where these are `limit` or more in all.
        """
        found: dict[str, list[Document]] = {device_id: [] for device_id in starts}
        left = limit
        for some in chunks(sorted(starts), RANGES):
            clauses = [{"device_id": one, "ts": {"$gte": starts[one]}} for one in some]
            page = await self._page({"$or": clauses}, None, left)
            left -= len(page)
            if left <= 0:
                return None
            for reading in page:
                found[reading["device_id"]].append(reading)
        for readings in found.values():
            readings.sort(key=_id_of)
        return found

    async def after(
        self, device_id: str, start: datetime, axis: Axis = "ts"
    ) -> AsyncIterator[Sequence[Document]]:
        """Return the device's readings from `start` on, by time and id, a page at a time."""
        while True:
            wanted = {"device_id": device_id, axis: {"$gte": start}}
            page = await self._page(wanted, [(axis, 1)], PAGE)
            page.sort(key=lambda reading: (reading[axis], reading["_id"]))
            if len(page) < PAGE:
                yield page
                return
            last = page[-1][axis]
            whole = [reading for reading in page if reading[axis] < last]
            if whole:
                yield whole
                start = last
                continue
            async for some in self._at(device_id, last, axis):
                yield some
            following = {"device_id": device_id, axis: {"$gt": last}}
            first = await self._page(following, [(axis, 1)], 1)
            if not first:
                return
            start = first[0][axis]

    async def some_before(
        self, device_id: str, end: datetime, axis: Axis = "ts"
    ) -> Sequence[Document]:
        """Return the last few of the device's readings before `end`, the latest first.

        Those of one time come together, however many they are.
        """
        wanted = {"device_id": device_id, axis: {"$lt": end}}
        page = await self._page(wanted, [(axis, -1)], FEW)
        if len(page) == FEW:
            last = page[-1][axis]
            page = [reading for reading in page if reading[axis] > last]
            if not page:
                page = [one async for some in self._at(device_id, last, axis) for one in some]
        page.sort(key=lambda reading: (reading[axis], reading["_id"]), reverse=True)
        return page

    async def receipts(self, reading_ids: Collection[str]) -> Mapping[str, datetime]:
        """Return when each of these readings was received, as it is stored."""
        found: dict[str, datetime] = {}
        for some in chunks(sorted(reading_ids), PAGE):
            async with database_errors(_OPERATION):
                page = await self._raw.find(
                    {"_id": {"$in": some}}, {"received_at": 1}, session=self._session
                ).to_list()
            found.update((reading["_id"], reading["received_at"]) for reading in page)
        return found

    async def next_device(self, after: str) -> str | None:
        """Return the first device after this one that has readings, by its id."""
        wanted = {"device_id": {"$gt": after}}
        async with database_errors(_OPERATION):
            found = await self._raw.find(
                wanted, {"device_id": 1}, sort=[("device_id", 1)], limit=1, session=self._session
            ).to_list()
        return str(found[0]["device_id"]) if found else None

    async def _at(
        self, device_id: str, moment: datetime, axis: Axis
    ) -> AsyncIterator[Sequence[Document]]:
        """Return the device's readings of one time, by id."""
        after = ""
        while True:
            wanted = {"device_id": device_id, axis: moment, "_id": {"$gt": after}}
            page = await self._page(wanted, [("_id", 1)], PAGE)
            if page:
                yield page
            if len(page) < PAGE:
                return
            after = page[-1]["_id"]

    async def _page(
        self, wanted: Document, sort: list[tuple[str, int]] | None, limit: int
    ) -> list[Document]:
        async with database_errors(_OPERATION):
            found = self._raw.find(wanted, _FIELDS, sort=sort, limit=limit, session=self._session)
            return await found.to_list()


def _id_of(reading: Document) -> str:
    return str(reading["_id"])
