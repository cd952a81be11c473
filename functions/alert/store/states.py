"""The states of devices in alert_states, and beside them which rules are in force.

Both come with one read: the state of each device, then the rules' revision. A state is replaced
only while its `rev` still is the one that was read.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pymongo import InsertOne, ReplaceOne
from pymongo.errors import BulkWriteError

from functions.alert.device_state import DeviceState
from functions.alert.store.chunks import chunks
from shared.mongo.collections import ALERT_STATES, Document
from shared.mongo.database import Database, Session
from shared.mongo.errors import database_errors, duplicates_in

RULES: Final = "~rules"  # greater than the id of every device: read after them
BULK: Final = 500
MANY: Final = 1_000  # ids of one find: a group of 500 readings, and the rules' own
_OPERATION: Final = "keep_alerts"


@dataclass(frozen=True, slots=True)
class Found:
    """The states that are there, by device, and the revision of the rules that was published."""

    states: dict[str, DeviceState]
    revision: int


class StateStore:
    """The states, read and written in one session."""

    def __init__(self, database: Database, session: Session) -> None:
        self._states = database[ALERT_STATES]
        self._session = session

    async def find(self, device_ids: Collection[str]) -> Found:
        """Return the states of these devices; those that have none are missing.

        The revision is read last, so that it is not older than any of the states.
        """
        found: dict[str, DeviceState] = {}
        revision = 0
        for some in chunks([*device_ids, RULES], MANY):
            wanted = {"_id": {"$in": some}}
            async with database_errors(_OPERATION):
                page = await self._states.find(
                    wanted, sort=[("_id", 1)], session=self._session
                ).to_list()
            for document in page:
                if document["_id"] == RULES:
                    revision = document["revision"]
                else:
                    found[document["_id"]] = DeviceState.from_document(document)
        return Found(found, revision)

    async def replace(self, states: Sequence[DeviceState]) -> frozenset[str]:
        """Store each where the stored one is of the `rev` before it; of 1 where there is none.

        Return the devices that were refused, since somebody else wrote them. It is not said what is
        stored of those, nor that a majority holds it.
        """
        refused: set[str] = set()
        for some in chunks(states, BULK):
            async with database_errors(_OPERATION):
                try:
                    await self._states.bulk_write(
                        [_guarded(one) for one in some], ordered=False, session=self._session
                    )
                except BulkWriteError as error:
                    refused.update(some[index].device_id for index in duplicates_in(error))
        return frozenset(refused)

    async def clear(self, states: Sequence[DeviceState]) -> None:
        """Store each with nothing pending, where the stored one still is of its `rev`."""
        for some in chunks(states, BULK):
            async with database_errors(_OPERATION):
                await self._states.bulk_write(
                    [
                        ReplaceOne(
                            {"_id": one.device_id, "rev": one.rev},
                            one.written_out().to_document(),
                        )
                        for one in some
                    ],
                    ordered=False,
                    session=self._session,
                )

    async def due(self, clock: datetime, limit: int) -> Sequence[str]:
        """Return up to `limit` devices that are due at `clock`, the longest due first."""
        wanted: Document = {"next_due": {"$lte": clock}}
        async with database_errors(_OPERATION):
            found = await self._states.find(
                wanted, {"_id": 1}, sort=[("next_due", 1)], limit=limit, session=self._session
            ).to_list()
        return [document["_id"] for document in found]


def _guarded(state: DeviceState) -> InsertOne[Document] | ReplaceOne[Document]:
    document = state.to_document()
    if state.rev == 1:
        return InsertOne(document)
    # Where the `rev` is another, the upsert meets the `_id`: a duplicate key names the place.
    before = {"_id": state.device_id, "rev": state.rev - 1}
    return ReplaceOne(before, document, upsert=True)
