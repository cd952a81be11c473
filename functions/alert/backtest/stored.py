"""What a back-test reads: the published rules, the devices and their readings, in pages.

Each page is a find of its own with a limit of its own: the driver makes one time limit of a find
and all that follows on its cursor.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from shared.alerts.rules.history import RuleBook
from shared.mongo.collections import ALERT_RULES, RAW, Document
from shared.mongo.database import Database, Session
from shared.mongo.errors import database_errors
from shared.mongo.reading_store import clock_of
from shared.readings.identity import first_id_at
from shared.readings.reading import HUMIDITY, TEMPERATURE

PAGE: Final = 5_000
_TIMES: Final = ("ts", "received_at")
_MILLISECOND: Final = timedelta(milliseconds=1)
_OPERATION: Final = "backtest"


class StoredReadings:
    """The database of one back-test, read in one session; nothing is written."""

    def __init__(self, database: Database, session: Session) -> None:
        self._raw, self._rules = database[RAW], database[ALERT_RULES]
        self._session = session
        self._fields = dict.fromkeys(_TIMES, 1)

    def want(self, sensors: Collection[str]) -> None:
        """Read the values of these sensors from now on, and no other."""
        named = {name for name in sensors if name in (TEMPERATURE, HUMIDITY)}
        fields = {*named, *(f"measurements.{name}" for name in set(sensors) - named)}
        self._fields = dict.fromkeys([*_TIMES, *sorted(fields)], 1)

    async def published(self) -> RuleBook:
        """Return the rules that were published, none where none were."""
        async with database_errors(_OPERATION):
            found = self._rules.find({}, sort=[("_id", 1)], session=self._session)
            return RuleBook.from_documents(await found.to_list())

    @property
    def clock(self) -> datetime:
        """The database's time of the last read."""
        return clock_of(self._session)

    async def devices(self) -> AsyncIterator[str]:
        """Return each device that has readings, in the order of their ids."""
        last = ""
        while (found := await self.next_device(last)) is not None:
            yield (last := found)

    async def next_device(self, after: str) -> str | None:
        """Return the next device that has readings, in the order of ids; None after the last."""
        async with database_errors(_OPERATION):
            found = await self._raw.find_one(
                {"device_id": {"$gt": after}},
                {"device_id": 1},
                sort=[("device_id", 1)],
                session=self._session,
            )
        return None if found is None else str(found["device_id"])

    async def pages(
        self, device_id: str, start: datetime, end: datetime
    ) -> AsyncIterator[Sequence[Document]]:
        """Return the device's readings from `start` up to `end`, by their ids, page by page.

        The index is of times alone: the last time of a page is left to the next one, and a page of
        one time is read by id.
        """
        while True:
            wanted = {"device_id": device_id, "ts": {"$gte": start, "$lt": end}}
            page = await self._page(wanted, [("ts", 1)])
            page.sort(key=_id_of)
            if len(page) < PAGE:
                yield page
                return
            last = page[-1]["ts"]
            if page[0]["ts"] < last:
                yield [reading for reading in page if reading["ts"] < last]
                start = last
                continue
            async for some in self._at(device_id, last):
                yield some
            start = last + _MILLISECOND

    async def _at(self, device_id: str, moment: datetime) -> AsyncIterator[Sequence[Document]]:
        above = {"$gte": first_id_at(moment)}
        while True:
            until = {"$lt": first_id_at(moment + _MILLISECOND)}
            page = await self._page({"_id": above | until, "device_id": device_id}, [("_id", 1)])
            if page:
                yield page
            if len(page) < PAGE:
                return
            above = {"$gt": page[-1]["_id"]}

    async def _page(self, wanted: Document, sort: list[tuple[str, int]]) -> list[Document]:
        async with database_errors(_OPERATION):
            found = self._raw.find(
                wanted, self._fields, sort=sort, limit=PAGE, session=self._session
            )
            return await found.to_list()


def _id_of(reading: Document) -> str:
    return str(reading["_id"])
