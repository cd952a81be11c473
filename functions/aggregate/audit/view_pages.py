"""The stored views of one width, read in pages: each is a find of its own with its own limit."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Final

from shared.mongo.collections import VIEWS, Document
from shared.mongo.database import Database, Session
from shared.mongo.errors import database_errors

_PAGE: Final = 1_000
_OPERATION: Final = "audit"


class ViewPages:
    """The views of aggregated_data of one width, read in one session."""

    def __init__(self, database: Database, session: Session, window_seconds: int) -> None:
        self._views = database[VIEWS]
        self._session = session
        self._window_seconds = window_seconds

    async def of_window(
        self, start: datetime, device_ids: Sequence[str] | None = None
    ) -> AsyncIterator[Sequence[Document]]:
        """Return the views of the window at `start`, of all devices or of some."""
        wanted: Document = {"timestamp": start, "window_seconds": self._window_seconds}
        if device_ids is not None:
            wanted["device_id"] = {"$in": list(device_ids)}
        after = ""
        while True:
            page = await self._page({**wanted, "_id": {"$gt": after}}, [("_id", 1)])
            if page:
                yield page
            if len(page) < _PAGE:
                return
            after = page[-1]["_id"]

    async def first_start(self, start: datetime, end: datetime) -> datetime | None:
        """Return the start of the first window from `start` on, before `end`, that has a view.

        Views of other widths lie between: no index knows the width, so they are passed over a
        page at a time.
        """
        wanted: Document = {"timestamp": {"$gte": start, "$lt": end}}
        while page := await self._page(wanted, [("timestamp", 1), ("_id", -1)]):
            for view in page:
                if view["window_seconds"] == self._window_seconds:
                    return view["timestamp"]  # type: ignore[no-any-return] # a BSON date
            last = page[-1]
            same = {"timestamp": last["timestamp"], "_id": {"$lt": last["_id"]}}
            wanted = {"$or": [same, {"timestamp": {"$gt": last["timestamp"], "$lt": end}}]}
        return None

    async def _page(self, wanted: Document, sort: list[tuple[str, int]]) -> Sequence[Document]:
        async with database_errors(_OPERATION):
            found = self._views.find(wanted, sort=sort, limit=_PAGE, session=self._session)
            return await found.to_list()
