"""The hours in aggregated_hours, and how far they have been made: in refresh_state.

A stored count only grows, so "still this count" means "still this very hour".
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError

from functions.aggregate.hour_summary import KEPT, HourKey
from functions.aggregate.store.chunks import chunks
from functions.aggregate.store.guarded_writes import OPERATION, replace_guarded
from functions.aggregate.store.state import summary_id
from shared.mongo.collections import DEVICES, HOURS, REFRESH, VIEWS, Document
from shared.mongo.database import Database
from shared.mongo.errors import database_errors
from shared.readings.identity import EPOCH
from shared.readings.windows import HOUR

_BULK: Final = 100  # of up to 15 KB each
_PAGE: Final = 500
_SHOWN: Final = dict.fromkeys(("device_id", "sensor_type", "timestamp", *KEPT), 1)


def hours_id(window_seconds: int) -> str:
    """Return the `_id` of how far the hours have been made."""
    return f"{summary_id(window_seconds)}/hours"


class HourStore:
    """The hours of windows of one width, read and written in one session."""

    def __init__(
        self, database: Database, session: AsyncClientSession, window_seconds: int
    ) -> None:
        self._hours = database[HOURS]
        self._views = database[VIEWS]
        self._devices = database[DEVICES]
        self._state = database[REFRESH]
        self._session = session
        self._window_seconds = window_seconds

    async def hours_of(self, keys: Collection[HourKey]) -> dict[HourKey, Document]:
        """Return those of these hours that are stored."""
        ids = {key.hour_id(self._window_seconds): key for key in keys}
        found: dict[HourKey, Document] = {}
        for some in chunks(list(ids), _PAGE):
            async with database_errors(OPERATION):
                page = self._hours.find({"_id": {"$in": some}}, session=self._session)
                found |= {ids[hour["_id"]]: hour for hour in await page.to_list()}
        return found

    async def views(self, view_ids: Sequence[str]) -> list[Document]:
        """Return those of these views that are stored."""
        return await self._found({"_id": {"$in": list(view_ids)}})

    async def views_of_window(
        self, window_start: datetime, device_ids: Sequence[str]
    ) -> list[Document]:
        """Return the views of these devices, whatever the sensor."""
        wanted = {"device_id": {"$in": list(device_ids)}, "timestamp": window_start}
        return await self._found(wanted | self._width())

    async def views_of_hour(self, start: datetime, device_id: str) -> list[Document]:
        """Return the views of a device in an hour."""
        span = {"$gte": start, "$lt": start + HOUR}
        return await self._found({"device_id": device_id, "timestamp": span} | self._width())

    async def devices_after(self, after: str, most: int) -> list[str]:
        """Return the devices that follow, by name."""
        async with database_errors(OPERATION):
            found = await self._devices.find(
                {"_id": {"$gt": after}},
                {"_id": 1},
                sort=[("_id", 1)],
                limit=most,
                session=self._session,
            ).to_list()
        return [device["_id"] for device in found]

    async def first_view_from(self, start: datetime) -> datetime | None:
        """Return the window of the first view from `start` on; None where there is none."""
        wanted = {"timestamp": {"$gte": start}} | self._width()
        async with database_errors(OPERATION):
            found = await self._views.find(
                wanted, {"timestamp": 1}, sort=[("timestamp", 1)], limit=1, session=self._session
            ).to_list()
        return found[0]["timestamp"] if found else None

    async def replace(self, hours: Sequence[tuple[Document, int]]) -> list[str]:
        """Store each hour where the stored one still has the count that stands beside it.

        Return the `_id`s of those refused.
        """
        return await replace_guarded(self._hours, self._session, hours, _BULK)

    async def delete(self, key: HourKey) -> None:
        """Delete an hour, if it is there."""
        hour_id = key.hour_id(self._window_seconds)
        async with database_errors(OPERATION):
            await self._hours.delete_many({"_id": hour_id}, session=self._session)

    async def made_until(self) -> datetime:
        """Return the time up to which hours are made; EPOCH where none is."""
        async with database_errors(OPERATION):
            found = await self._state.find_one(self._state_id(), session=self._session)
        return EPOCH if found is None else found["position"]

    async def state(self) -> Document:
        """Return how far the hours have been made; make it where there is none: nothing is."""
        first = self._state_id() | {"owner": "", "due": EPOCH}
        first |= {"position": EPOCH, "after": "", "begun": EPOCH}
        async with database_errors(OPERATION):
            found = await self._state.find_one(self._state_id(), session=self._session)
            if found is not None:
                return found
            with suppress(DuplicateKeyError):  # made by another meanwhile
                await self._state.insert_one(first, session=self._session)
        return first

    async def save_state(self, position: datetime, after: str, begun: datetime, owner: str) -> None:
        """Store how far the hours have been made, if their lease is still ours.

        All of `position` up to the device `after`; `begun` is when the scan began that was done.
        """
        wanted = self._state_id() | {"owner": owner}
        state: Mapping[str, object] = {"position": position, "after": after, "begun": begun}
        async with database_errors(OPERATION):
            await self._state.update_one(wanted, {"$set": state}, session=self._session)

    def _state_id(self) -> Document:
        return {"_id": hours_id(self._window_seconds)}

    def _width(self) -> Document:
        return {"window_seconds": self._window_seconds}

    async def _found(self, wanted: Document) -> list[Document]:
        async with database_errors(OPERATION):
            return await self._views.find(wanted, _SHOWN, session=self._session).to_list()
