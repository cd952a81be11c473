"""The connection of one process to its database: opened, checked, prepared, closed."""

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta
from typing import Final

from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError

from shared.mongo.collections import Document
from shared.mongo.database import Database, client_of, majority
from shared.mongo.indexes import make_indexes
from shared.outcomes import TemporaryError
from shared.settings import MongoSettings, SettingsError

_FIRST_LOOK_MS: Final = 3_000
_RETRY_S: Final = 1.0
_NOT_LET_IN: Final = frozenset({18, 8000})  # AuthenticationFailed of MongoDB, and of Atlas
_log = logging.getLogger(__name__)


class StartRefused(SettingsError):  # noqa: N818 - names the outcome
    """The database can never serve us as it is; the message says why and what to do."""


class Mongo:
    """The connection of one process. Opened in the serving process and loop (never at import).

    A process that only reads does not prepare the indexes: the right to read is enough for it.
    """

    def __init__(self, settings: MongoSettings, *, prepares_indexes: bool = True) -> None:
        self._settings = settings
        self._prepares_indexes = prepares_indexes
        self._client: AsyncMongoClient[Document] | None = None
        self._prepared = False
        self._trouble = "the database has not answered yet"
        self._preparing: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect, check and make the indexes; go on trying in the background if nobody answers
        yet.

        Raises StartRefused where the server is no replica set.
        """
        self._client = client_of(self._settings)
        self._preparing = asyncio.create_task(self._prepare())
        done, _ = await asyncio.wait([self._preparing], timeout=_FIRST_LOOK_MS / 1000)
        if done:
            self._preparing.result()

    async def close(self) -> None:
        if self._preparing is not None:
            self._preparing.cancel()
            with suppress(asyncio.CancelledError, StartRefused):
                await self._preparing
        if self._client is not None:
            await self._client.close()

    @property
    def database(self) -> Database:
        """The database, for reads and writes that a majority has seen.

        Raises TemporaryError before the first successful look at it.
        """
        if self._preparing is not None and self._preparing.done():
            self._preparing.result()  # StartRefused, found late
        if self._client is None or not self._prepared:
            raise TemporaryError("database", self._trouble)
        return majority(self._client, self._settings.mongo_db)

    @property
    def raw_retention(self) -> timedelta | None:
        """How long a reading stays in telemetry_raw; None is for ever."""
        return self._settings.raw_retention

    def not_ready(self) -> str | None:
        """Give None when a server that takes writes is known; asks the driver, not the network."""
        if self._client is None or not self._prepared:
            return self._trouble
        if not self._client.topology_description.has_writable_server():
            return "no primary of the database is known"
        return None

    async def _prepare(self) -> None:
        assert self._client is not None
        while not self._prepared:
            try:
                await _refuse_unless_replica_set(self._client)
                if self._prepares_indexes:
                    database = majority(self._client, self._settings.mongo_db)
                    await make_indexes(database, self._settings.raw_retention)
                self._prepared = True
            except StartRefused as refused:
                self._trouble = str(refused)
                raise
            except PyMongoError as error:
                if isinstance(error, OperationFailure) and error.code in _NOT_LET_IN:
                    self._trouble = "MONGO_URL: the database refuses this user or this password"
                    raise StartRefused(self._trouble) from None
                self._trouble = f"the database: {error}"[:300]
                _log.warning("the database does not answer", extra={"reason": self._trouble})
                await asyncio.sleep(_RETRY_S)


async def _refuse_unless_replica_set(client: AsyncMongoClient[Document]) -> None:
    hello = await client.admin.command("hello")
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        raise StartRefused(
            "MONGO_URL: this MongoDB is not a replica set, so reads and writes cannot be held to a "
            "majority. Start mongod with --replSet rs0 and run rs.initiate() once; one member "
            "will do."
        )
