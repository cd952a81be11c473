"""The connection of one process to its database: opened, checked, prepared, closed."""

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta
from typing import Final

from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError

from shared.mongo.collections import RAW, Document
from shared.mongo.database import Database, client_of, majority
from shared.mongo.errors import told
from shared.mongo.index_build import IndexBuild
from shared.outcomes import TemporaryError
from shared.settings import MongoSettings, SettingsError

_FIRST_TRY_S: Final = 3.0
_RETRY_S: Final = 1.0
_NOT_LET_IN: Final = frozenset({18, 8000})  # AuthenticationFailed of MongoDB, and of Atlas
_log = logging.getLogger(__name__)


class StartRefused(SettingsError):  # noqa: N818 - names the outcome
    """The database can never serve us as it is; the message says why and what to do."""


class Mongo:
    """The connection of one process. Opened in the serving process and loop (never at import).

    It makes the indexes and holds the retention beside its other work. A process that only reads
    does not prepare the indexes: the right to read is enough for it.
    """

    def __init__(self, settings: MongoSettings, *, prepares_indexes: bool = True) -> None:
        self._settings = settings
        self._prepares_indexes = prepares_indexes
        self._client: AsyncMongoClient[Document] | None = None
        self._index_build: IndexBuild | None = None
        self._is_checked = False
        self._trouble = "the database has not answered yet"
        self._preparing: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect and check; go on trying in the background where no database responds yet.

        The indexes are made in the background too; on a database with few documents they are there
        when this returns. Raise StartRefused where the server is no replica set.
        """
        self._client = client_of(self._settings)
        self._preparing = asyncio.create_task(self._prepare())
        done, _ = await asyncio.wait([self._preparing], timeout=_FIRST_TRY_S)
        if done:
            self._preparing.result()

    async def close(self) -> None:
        """Close; an index build that was begun goes on in the server."""
        if self._preparing is not None:
            self._preparing.cancel()
            with suppress(asyncio.CancelledError, StartRefused):
                await self._preparing
        if self._client is not None:
            await self._client.close()

    @property
    def database(self) -> Database:
        """The database, for reads and writes that a majority has seen.

        Raise TemporaryError before it has responded for the first time.
        """
        if self._preparing is not None and self._preparing.done():
            self._preparing.result()  # StartRefused, found late
        if self._client is None or not self._is_checked:
            raise TemporaryError("database", self._trouble)
        return majority(self._client, self._settings.mongo_db)

    @property
    def raw_retention(self) -> timedelta | None:
        """How long a reading stays in telemetry_raw; None is for ever."""
        return self._settings.raw_retention

    def holds_dedup_unique(self) -> bool:
        """Return whether the index is built by which readings without a clock are stored once."""
        return self._index_build is not None and self._index_build.has(RAW)

    def not_ready(self) -> str | None:
        """Return None when a server that takes writes is known, by the driver: no round trip."""
        if self._client is None or not self._is_checked:
            return self._trouble
        if not self._client.topology_description.has_writable_server():
            return "no primary of the database is known"
        return None

    async def _prepare(self) -> None:
        assert self._client is not None
        while not self._is_checked:
            try:
                await _refuse_unless_replica_set(self._client)
                self._is_checked = True
            except StartRefused as refused:
                self._trouble = str(refused)
                raise
            except PyMongoError as error:
                if isinstance(error, OperationFailure) and error.code in _NOT_LET_IN:
                    self._trouble = "MONGO_URL: the database refuses this user or this password"
                    raise StartRefused(self._trouble) from None
                self._trouble = f"the database: {told(error)}"[:300]
                _log.warning("the database does not answer", extra={"reason": self._trouble})
                await asyncio.sleep(_RETRY_S)
        if self._prepares_indexes:
            self._index_build = IndexBuild(self.database, self._settings.raw_retention)
            await self._index_build.run()


async def _refuse_unless_replica_set(client: AsyncMongoClient[Document]) -> None:
    hello = await client.admin.command("hello")
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        raise StartRefused(
            "MONGO_URL: this MongoDB is not a replica set, so reads and writes cannot be held to a "
            "majority. Start mongod with --replSet rs0 and run rs.initiate() once; one member "
            "will do."
        )
