"""The notes of the version before, in late_windows: read, counted and deleted."""

from collections.abc import Sequence
from typing import Final

from pymongo.asynchronous.client_session import AsyncClientSession

from functions.aggregate.store.note import pairs_named_in
from functions.aggregate.store.pairs import Pair
from shared.mongo.collections import NOTES
from shared.mongo.database import Database
from shared.mongo.errors import database_errors

_PAGE: Final = 20  # each may name a thousand windows
_OPERATION: Final = "refresh"


class LateWindows:
    """The notes for windows of one width."""

    def __init__(
        self, database: Database, session: AsyncClientSession, window_seconds: int
    ) -> None:
        self._notes = database[NOTES]
        self._session = session
        self._window_seconds = window_seconds

    async def some(self) -> tuple[list[str], list[Pair]]:
        """Return the ids of some notes, and the pairs that they name."""
        wanted = {"window_seconds": self._window_seconds}
        async with database_errors(_OPERATION):
            page = await self._notes.find(wanted, limit=_PAGE, session=self._session).to_list()
        return [note["_id"] for note in page], [p for note in page for p in pairs_named_in(note)]

    async def delete(self, note_ids: Sequence[str]) -> None:
        """Delete these notes: what they name is counted."""
        async with database_errors(_OPERATION):
            await self._notes.delete_many({"_id": {"$in": list(note_ids)}}, session=self._session)
