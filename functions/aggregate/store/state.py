"""The state of the refresh in refresh_state: the horizon of each shard, and their summary."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError

from functions.aggregate.store.note import LIVE
from functions.aggregate.store.notes import Notes
from shared.mongo.collections import REFRESH, Document
from shared.mongo.database import Database
from shared.mongo.errors import database_errors
from shared.readings.identity import EPOCH

BEGIN: Final = "begin"  # phases of the scan; where it begins is still to be found out
FIRST: Final = "first"  # it holds the horizon
SECOND: Final = "second"
DONE: Final = "done"
_OPERATION: Final = "refresh"


def summary_id(window_seconds: int) -> str:
    """Return the `_id` of the summary, which is also the state of the scan."""
    return f"refresh/{window_seconds}s"


def generation_prefix(window_seconds: int, shards: int) -> str:
    """Return what the `_id` of each shard of this generation begins with."""
    return f"{summary_id(window_seconds)}/{shards:02}/"


def shard_id(window_seconds: int, shards: int, shard: int) -> str:
    """Return the `_id` of the state of one shard."""
    return f"{generation_prefix(window_seconds, shards)}{shard:02}"


def instances_prefix(window_seconds: int) -> str:
    """Return what the `_id` of each live process begins with."""
    return f"{summary_id(window_seconds)}/instances/"


def _of_scan(summary: Document) -> list[datetime]:
    """Return the horizon that an unfinished scan holds."""
    scan = summary.get("scan", {"phase": BEGIN})
    if scan["phase"] == FIRST:
        return [scan["position"]]
    return [summary["horizon"]] if scan["phase"] == BEGIN else []


class State:
    """The horizons of one width, read and written in one session."""

    def __init__(
        self, database: Database, session: AsyncClientSession, window_seconds: int
    ) -> None:
        self._database = database
        self._state = database[REFRESH]
        self._session = session
        self._window_seconds = window_seconds

    async def summary(self) -> Document:
        """Return the summary; make it where there is none: nothing is settled then."""
        return await self._made(summary_id(self._window_seconds), EPOCH)

    async def make_shards(self, shards: int, wanted: Collection[int]) -> None:
        """Make the state of these shards; each begins at the horizon of the summary."""
        horizon = (await self.summary())["horizon"]
        for shard in wanted:
            await self._made(shard_id(self._window_seconds, shards, shard), horizon)

    async def shards_of(self, shards: int) -> dict[int, Document]:
        """Return the state of each shard of a generation that has one."""
        prefix = generation_prefix(self._window_seconds, shards)
        wanted = {"_id": {"$gt": prefix, "$lt": prefix + "~"}}
        async with database_errors(_OPERATION):
            found = await self._state.find(wanted, session=self._session).to_list()
        return {int(state["_id"].removeprefix(prefix)): state for state in found}

    async def advance(self, state_id: str, horizon: datetime) -> None:
        """Move a horizon forward; it never goes back."""
        later = [{"$set": {"horizon": {"$max": ["$horizon", horizon]}}}]
        async with database_errors(_OPERATION):
            await self._state.update_one({"_id": state_id}, later, session=self._session)

    async def summarise(self, shards: int) -> datetime:
        """Move the summary's horizon to the least that counts; return where it stands then.

        Counted are all shards of this generation, those of others that have live notes, and a
        first scan that is not complete. Read in this order: what another generation acknowledged
        before a shard's clock is counted by now, or its note is seen here.
        """
        summary = await self.summary()
        held: datetime = summary["horizon"]
        least = min([*await self._horizons(shards), *_of_scan(summary)])
        if least > held:
            await self.advance(summary["_id"], least)
        return max(least, held)

    async def save_scan(self, scan: Document, owner: str) -> None:
        """Store how far the scan is, if its lease is still ours."""
        wanted = {"_id": summary_id(self._window_seconds), "owner": owner}
        async with database_errors(_OPERATION):
            await self._state.update_one(wanted, {"$set": {"scan": scan}}, session=self._session)

    async def _horizons(self, shards: int) -> list[datetime]:
        states = await self.shards_of(shards)
        found = [states[n]["horizon"] if n in states else EPOCH for n in range(shards)]
        notes = Notes(self._database, self._session, self._window_seconds)
        others = await notes.generations(LIVE, but=shards)
        for generation in sorted({generation for generation, _ in others}):
            states = await self.shards_of(generation)
            noted = sorted(shard for other, shard in others if other == generation)
            found += [states[n]["horizon"] if n in states else EPOCH for n in noted]
        return found

    async def _made(self, state_id: str, horizon: datetime) -> Document:
        async with database_errors(_OPERATION):
            found = await self._state.find_one({"_id": state_id}, session=self._session)
            if found is not None:
                return found
            first = {"_id": state_id, "horizon": horizon, "owner": "", "due": EPOCH}
            try:
                await self._state.insert_one(first, session=self._session)
            except DuplicateKeyError:
                return await self._made_by_another(state_id, first)
        return first

    async def _made_by_another(self, state_id: str, first: Document) -> Document:
        found = await self._state.find_one({"_id": state_id}, session=self._session)
        return first if found is None else found  # lost in a failover: nothing was settled by it
