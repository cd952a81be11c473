"""The revisions of the rules in alert_rules, and the pointer to the one that is in force.

The pointer stands among the states of devices, so that it comes with them in one read. It is moved
by compare-and-set on its `rev`.
"""

from collections.abc import Sequence
from typing import Final

from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from functions.alert.store.states import RULES
from shared.mongo.collections import ALERT_RULES, ALERT_STATES, Document
from shared.mongo.database import Database, Session
from shared.mongo.errors import database_errors

_OPERATION: Final = "keep_rules"


class RuleStore:
    """The rules that were published, read and written in one session."""

    def __init__(self, database: Database, session: Session) -> None:
        self._rules = database[ALERT_RULES]
        self._states = database[ALERT_STATES]
        self._session = session

    async def revisions(self) -> Sequence[Document]:
        """Return the documents of all revisions, in their order."""
        async with database_errors(_OPERATION):
            return await self._rules.find({}, sort=[("_id", 1)], session=self._session).to_list()

    async def add(self, revision: Document) -> bool:
        """Insert a revision; return False where somebody else has inserted one of its number."""
        return await self._insert(self._rules, revision)

    async def pointer(self) -> Document | None:
        """Return the pointer, None before anything was published."""
        async with database_errors(_OPERATION):
            return await self._states.find_one({"_id": RULES}, session=self._session)

    async def move_pointer(self, before: Document | None, after: Document) -> bool:
        """Store the pointer where the stored one still is `before`; return whether it was."""
        pointer = {**after, "_id": RULES, "rev": 1 if before is None else before["rev"] + 1}
        if before is None:
            return await self._insert(self._states, pointer)
        wanted = {"_id": RULES, "rev": before["rev"]}
        async with database_errors(_OPERATION):
            moved = await self._states.replace_one(wanted, pointer, session=self._session)
        return bool(moved.matched_count)

    async def _insert(self, collection: AsyncCollection[Document], document: Document) -> bool:
        async with database_errors(_OPERATION):
            try:
                await collection.insert_one(document, session=self._session)
            except DuplicateKeyError:
                return False
        return True
