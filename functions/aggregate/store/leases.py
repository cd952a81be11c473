"""Who works on what: leases in refresh_state, held for a time of the database's clock.

A lease is for thrift only: two that work on the same thing do no harm.
"""

from collections.abc import Collection
from typing import Any, Final

from pymongo import ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession

from functions.aggregate.store.state import BEGIN
from shared.mongo.collections import REFRESH, Document
from shared.mongo.database import Database
from shared.mongo.errors import database_errors

LEASE_MS: Final = 15_000
OWNER_PREFIX: Final = "v2-"  # owners of the version before are hex digits
_OPERATION: Final = "refresh"


class Leases:
    """The leases of one process, whose name is `owner`."""

    def __init__(self, database: Database, owner: str) -> None:
        self._state = database[REFRESH]
        self.owner = owner

    async def take(self, session: AsyncClientSession, state_id: str) -> Document | None:
        """Take or renew the lease; return the state, None where another holds it or there is none.

        This write is also what advances the clock of the session that then reads after it.
        """
        return await self._take(session, {"_id": state_id}, {})

    async def take_summary(self, session: AsyncClientSession, state_id: str) -> Document | None:
        """Take or renew the lease of the summary, as the version before took it.

        Where that version has had it, or nobody ever, the scan is to begin.
        """
        ours = {"scan": {"$exists": True}, "$or": [{"owner": ""}, {"owner": {"$gt": OWNER_PREFIX}}]}
        taken = await self._take(session, {"_id": state_id, "$and": [ours]}, {})
        if taken is not None:
            return taken
        theirs = {
            "$or": [{"scan": {"$exists": False}}, {"owner": {"$gt": "", "$lt": OWNER_PREFIX}}]
        }
        begin = {"scan": {"phase": BEGIN}}
        return await self._take(session, {"_id": state_id, "$and": [theirs]}, begin)

    async def _take(
        self, session: AsyncClientSession, wanted: Document, more: Document
    ) -> Document | None:
        free = {"$or": [{"owner": self.owner}, {"$expr": _is_over()}]}
        async with database_errors(_OPERATION):
            return await self._state.find_one_and_update(
                {**wanted, **free},
                [{"$set": {"owner": self.owner, "due": _due(), **more}}],
                return_document=ReturnDocument.AFTER,
                session=session,
            )

    async def held(self, session: AsyncClientSession, prefix: str) -> dict[str, str]:
        """Return the owner of each lease that is held now, by `_id`, of those below `prefix`."""
        wanted = {"_id": {"$gt": prefix, "$lt": prefix + "~"}, "$expr": _is_held()}
        async with database_errors(_OPERATION):
            found = await self._state.find(wanted, {"owner": 1}, session=session).to_list()
        return {state["_id"]: state["owner"] for state in found}

    async def renew(self, session: AsyncClientSession, state_ids: Collection[str]) -> None:
        """Renew those of these leases that are still ours."""
        wanted = {"_id": {"$in": list(state_ids)}, "owner": self.owner}
        async with database_errors(_OPERATION):
            await self._state.update_many(wanted, [{"$set": {"due": _due()}}], session=session)

    async def release(self, session: AsyncClientSession, state_ids: Collection[str]) -> None:
        """Let others take those of these leases that are still ours."""
        wanted = {"_id": {"$in": list(state_ids)}, "owner": self.owner}
        freed = [{"$set": {"owner": "", "due": "$$NOW"}}]
        async with database_errors(_OPERATION):
            await self._state.update_many(wanted, freed, session=session)

    async def appear(self, session: AsyncClientSession, state_id: str) -> None:
        """Say that this process lives, for as long as a lease."""
        alive = [{"$set": {"owner": self.owner, "due": _due()}}]
        async with database_errors(_OPERATION):
            await self._state.update_one({"_id": state_id}, alive, upsert=True, session=session)

    async def disappear(self, session: AsyncClientSession, state_id: str) -> None:
        """Say that this process lives no longer."""
        async with database_errors(_OPERATION):
            await self._state.delete_one({"_id": state_id}, session=session)

    async def forget(self, session: AsyncClientSession, prefix: str) -> None:
        """Delete what is no longer held below `prefix`: processes that ended without a word."""
        wanted = {"_id": {"$gt": prefix, "$lt": prefix + "~"}, "$expr": _is_over()}
        async with database_errors(_OPERATION):
            await self._state.delete_many(wanted, session=session)


def _due() -> dict[str, Any]:
    return {"$add": ["$$NOW", LEASE_MS]}


def _is_over() -> dict[str, Any]:
    # Beyond a lease's length, the wall clock has jumped since it was written.
    return {"$or": [{"$lte": ["$due", "$$NOW"]}, {"$gt": ["$due", _due()]}]}


def _is_held() -> dict[str, Any]:
    return {"$and": [{"$gt": ["$due", "$$NOW"]}, {"$lte": ["$due", _due()]}]}
