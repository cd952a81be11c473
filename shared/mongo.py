"""Where is what is remembered, and how is it reached? One client for a process, collections and
indexes by name.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING, AsyncMongoClient, IndexModel
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference
from pymongo.write_concern import WriteConcern

from shared import metrics
from shared.outcomes import TryAgain
from shared.settings import MongoSettings

Document = dict[str, Any]
Database = AsyncDatabase[Document]

RAW: Final = "telemetry_raw"
VIEWS: Final = "aggregated_data"
ALERTS: Final = "alerts"
DEVICES: Final = "devices"
DEAD_LETTERS: Final = "dead_letters"
NOTES: Final = "late_windows"
REFRESH: Final = "refresh_state"

# The three named in the README are relied on by others; a query that needs another one says so
# here.
_INDEXES: Final = {
    RAW: [
        IndexModel([("device_id", ASCENDING), ("ts", DESCENDING)]),
        IndexModel(  # a retry of a device without a clock: the first assigned time wins
            [("dedup", ASCENDING)],
            unique=True,
            partialFilterExpression={"dedup": {"$exists": True}},
        ),
    ],
    # What follows is for the dashboard's filters. These documents are written once, or never change
    # in an indexed field, so an index costs one insertion a document: alerts and dead letters are
    # few, a view or a device stands for many readings.
    ALERTS: [
        IndexModel([("created_at", DESCENDING)]),
        IndexModel([("status", ASCENDING), ("created_at", DESCENDING)]),  # the active ones
        IndexModel([("severity", ASCENDING), ("created_at", DESCENDING)]),
        IndexModel(  # of a device, with or without a severity
            [("device_id", ASCENDING), ("severity", ASCENDING), ("created_at", DESCENDING)]
        ),
        IndexModel(  # of a sensor, with or without a severity
            [("sensor_type", ASCENDING), ("severity", ASCENDING), ("created_at", DESCENDING)]
        ),
    ],
    VIEWS: [
        IndexModel([("device_id", ASCENDING), ("timestamp", DESCENDING)]),
        IndexModel([("timestamp", DESCENDING), ("_id", ASCENDING)]),  # all devices, newest first
        IndexModel([("sensor_type", ASCENDING), ("timestamp", DESCENDING), ("_id", ASCENDING)]),
        IndexModel(  # a chart: one sensor of one device
            [("device_id", ASCENDING), ("sensor_type", ASCENDING), ("timestamp", DESCENDING)]
        ),
    ],
    DEVICES: [
        IndexModel([("first_ts", DESCENDING), ("_id", ASCENDING)]),  # all, newest first
    ],
    DEAD_LETTERS: [
        IndexModel([("dead_lettered_at", DESCENDING)]),
        IndexModel([("status", ASCENDING), ("dead_lettered_at", DESCENDING)]),
        IndexModel(  # of a stage, with or without a status
            [("stage", ASCENDING), ("status", ASCENDING), ("dead_lettered_at", DESCENDING)]
        ),
        IndexModel(  # of a reason, with or without a status
            [("reason", ASCENDING), ("status", ASCENDING), ("dead_lettered_at", DESCENDING)]
        ),
        IndexModel([("reading_ids", ASCENDING)]),  # what became of a reading: its receipt
    ],
}
_DUPLICATE_KEY: Final = 11000
_FIRST_LOOK_MS: Final = 3_000
_RETRY_S: Final = 1.0
_log = logging.getLogger(__name__)


class StartRefused(Exception):  # noqa: N818 - names the outcome
    """The database can never serve us as it is; the message says why and what to do."""


class Mongo:
    """The connection of one process. Opened in the serving process and loop (never at import)."""

    def __init__(self, settings: MongoSettings) -> None:
        self._settings = settings
        self._client: AsyncMongoClient[Document] | None = None
        self._prepared = False
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

        Raises TryAgain before the first successful look at it.
        """
        if self._preparing is not None and self._preparing.done():
            self._preparing.result()  # StartRefused, found late
        if self._client is None or not self._prepared:
            raise TryAgain("database", "the database has not answered yet")
        return majority(self._client, self._settings.mongo_db)

    def not_ready(self) -> str | None:
        """Give None when a server that takes writes is known; asks the driver, not the network."""
        if self._client is None or not self._prepared:
            return "the database has not answered yet"
        if not self._client.topology_description.has_writable_server():
            return "no primary of the database is known"
        return None

    async def _prepare(self) -> None:
        assert self._client is not None
        while not self._prepared:
            try:
                await _refuse_unless_replica_set(self._client)
                await make_indexes(majority(self._client, self._settings.mongo_db))
                self._prepared = True
            except PyMongoError as error:
                _log.warning("the database does not answer", extra={"reason": str(error)[:300]})
                await asyncio.sleep(_RETRY_S)


def client_of(settings: MongoSettings) -> AsyncMongoClient[Document]:
    """Make the client: every operation ends after MONGO_TIMEOUT_MS, connections are made when
    used.
    """
    return AsyncMongoClient(
        settings.mongo_url,
        appname="iot-telemetry",
        tz_aware=True,
        timeoutMS=settings.mongo_timeout_ms,
        serverSelectionTimeoutMS=settings.mongo_timeout_ms,
        connectTimeoutMS=settings.mongo_timeout_ms,
        serverMonitoringMode="stream",  # pymongo takes K_SERVICE for a FaaS, and would poll
        maxPoolSize=50,
        retryWrites=True,
    )


def majority(client: AsyncMongoClient[Document], name: str) -> Database:
    """Give the database whose reads and writes hold through a failover: majority, from the
    primary.
    """
    return client.get_database(
        name,
        read_concern=ReadConcern("majority"),
        write_concern=WriteConcern("majority"),
        read_preference=ReadPreference.PRIMARY,
    )


async def make_indexes(database: Database) -> None:
    """Make every index that is missing; changes nothing where all are there."""
    for collection, indexes in _INDEXES.items():
        await database[collection].create_indexes(indexes)


@asynccontextmanager
async def database_errors(operation: str) -> AsyncIterator[None]:
    """Turn the driver's errors into TryAgain naming the `operation`, and count them."""
    try:
        yield
    except PyMongoError as error:
        metrics.database_errors.labels(operation).inc()
        raise TryAgain(operation, f"the database: {error}"[:300]) from error


def duplicates_in(error: BulkWriteError) -> list[int]:
    """Give the places of the writes refused with a duplicate key; raises `error` if any other
    failed.

    A duplicate key says that somebody wrote it: not that a majority holds it, nor what it says.
    """
    errors = error.details["writeErrors"]
    if error.details["writeConcernErrors"] or any(e["code"] != _DUPLICATE_KEY for e in errors):
        raise error
    return [e["index"] for e in errors]


async def _refuse_unless_replica_set(client: AsyncMongoClient[Document]) -> None:
    hello = await client.admin.command("hello")
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        raise StartRefused(
            "MONGO_URL: this MongoDB is not a replica set, so reads and writes cannot be held to a "
            "majority. Start mongod with --replSet rs0 and run rs.initiate() once; one member "
            "will do."
        )
