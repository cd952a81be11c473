"""The documents of alerts: one for each episode, under an id that it keeps.

Every write is a compare-and-set on the document's `version`, since operators write here, too. A
document is never deleted, and `state_rev` says by which revision of its device's state its timeline
was written: one of an older revision never replaces it.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from pymongo import InsertOne, ReplaceOne
from pymongo.errors import BulkWriteError

from functions.alert.store.chunks import chunks
from shared.mongo.collections import ALERTS, Document
from shared.mongo.database import Database, Session
from shared.mongo.errors import database_errors, duplicates_in

BULK: Final = 500
PAGE: Final = 500
RANGES: Final = 100
_OPERATION: Final = "keep_alerts"


class AlertStore:
    """The alerts, read and written in one session."""

    def __init__(self, database: Database, session: Session) -> None:
        self._alerts = database[ALERTS]
        self._session = session

    async def of_devices(self, starts: Mapping[str, datetime]) -> Mapping[str, list[Document]]:
        """Return the alerts of each device that matter at its start of event time, or later."""
        found: dict[str, list[Document]] = {device_id: [] for device_id in starts}
        for some in chunks(sorted(starts), RANGES):
            clauses = [{"device_id": one, "until": {"$gte": starts[one]}} for one in some]
            for alert in await self._all({"$or": clauses}):
                found[alert["device_id"]].append(alert)
        return found

    async def by_id(self, uids: Collection[str]) -> Mapping[str, Document]:
        """Return those of these alerts that are stored."""
        found: dict[str, Document] = {}
        for some in chunks(sorted(uids), PAGE):
            async with database_errors(_OPERATION):
                page = await self._alerts.find(
                    {"_id": {"$in": some}}, session=self._session
                ).to_list()
            found.update((alert["_id"], alert) for alert in page)
        return found

    async def put(self, alerts: Sequence[Document]) -> frozenset[str]:
        """Store each where the stored one is of the `version` before it; of 1 where there is none.

        Return the ids of those refused: it is not said what is stored of them.
        """
        refused: set[str] = set()
        for some in chunks(alerts, BULK):
            async with database_errors(_OPERATION):
                try:
                    await self._alerts.bulk_write(
                        [_guarded(one) for one in some], ordered=False, session=self._session
                    )
                except BulkWriteError as error:
                    refused.update(some[index]["_id"] for index in duplicates_in(error))
        return frozenset(refused)

    async def next_device(self, after: str) -> str | None:
        """Return the next device that has alerts, in the order of ids; None after the last."""
        async with database_errors(_OPERATION):
            found = await self._alerts.find_one(
                {"device_id": {"$gt": after}},
                {"device_id": 1},
                sort=[("device_id", 1)],
                session=self._session,
            )
        return None if found is None else str(found["device_id"])

    async def retire_rows(self, clock: datetime) -> int:
        """Take back what the version before stored, a row for each breach; return how many of some.

        They stay readable, as retracted: their readings now make episodes.
        """
        wanted: Document = {"status": "active", "rule_id": {"$exists": False}}
        async with database_errors(_OPERATION):
            page = await self._alerts.find(
                wanted, {"_id": 1}, limit=PAGE, session=self._session
            ).to_list()
            if page:
                retired = {
                    "status": "retracted",
                    "retracted_reason": "replaced_by_episodes",
                    "updated_at": clock,
                }
                ids = {"_id": {"$in": [row["_id"] for row in page]}}
                await self._alerts.update_many(
                    ids | wanted, {"$set": retired}, session=self._session
                )
        return len(page)

    async def _all(self, wanted: Document) -> list[Document]:
        # Most often there are few. Asked for in an order, the database weighs reading all by `_id`.
        async with database_errors(_OPERATION):
            few = await self._alerts.find(wanted, limit=PAGE, session=self._session).to_list()
        return few if len(few) < PAGE else await self._all_in_order(wanted)

    async def _all_in_order(self, wanted: Document) -> list[Document]:
        alerts: list[Document] = []
        after = ""
        while True:
            async with database_errors(_OPERATION):
                page = await self._alerts.find(
                    {**wanted, "_id": {"$gt": after}},
                    sort=[("_id", 1)],
                    limit=PAGE,
                    session=self._session,
                ).to_list()
            alerts += page
            if len(page) < PAGE:
                return alerts
            after = page[-1]["_id"]


def _guarded(alert: Document) -> InsertOne[Document] | ReplaceOne[Document]:
    if alert["version"] == 1:
        return InsertOne(alert)
    # Where the version is another, the upsert meets the `_id`: a duplicate key names the place.
    before = {"_id": alert["_id"], "version": alert["version"] - 1}
    return ReplaceOne(before, alert, upsert=True)
