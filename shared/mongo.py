"""Where is what is remembered, and how is it reached? One client for a process, collections and
indexes by name.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING, AsyncMongoClient, IndexModel
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError, ConfigurationError, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference
from pymongo.write_concern import WriteConcern

from shared import metrics
from shared.outcomes import TryAgain
from shared.settings import MongoSettings, SettingsError

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
    NOTES: [
        IndexModel([("windows.window_start", ASCENDING)]),  # receipts: does a reading wait here?
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
_RETENTION: Final = "raw_retention"
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

        Raises TryAgain before the first successful look at it.
        """
        if self._preparing is not None and self._preparing.done():
            self._preparing.result()  # StartRefused, found late
        if self._client is None or not self._prepared:
            raise TryAgain("database", self._trouble)
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
                database = majority(self._client, self._settings.mongo_db)
                await make_indexes(database, self._settings.raw_retention)
                self._prepared = True
            except StartRefused as refused:
                self._trouble = str(refused)
                raise
            except PyMongoError as error:
                self._trouble = f"the database: {error}"[:300]
                _log.warning("the database does not answer", extra={"reason": self._trouble})
                await asyncio.sleep(_RETRY_S)


def client_of(settings: MongoSettings) -> AsyncMongoClient[Document]:
    """Make the client: every operation ends after MONGO_TIMEOUT_MS, connections are made when
    used.

    Raises SettingsError where MONGO_URL cannot be used; the URL itself may hold a password.
    """
    try:
        return _client(settings)
    except (ConfigurationError, ValueError) as error:
        reason = "its form is wrong" if "@" in settings.mongo_url else str(error)
        raise SettingsError(f"MONGO_URL: {reason}") from None


def _client(settings: MongoSettings) -> AsyncMongoClient[Document]:
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


async def make_indexes(database: Database, raw_retention: timedelta | None = None) -> None:
    """Make every index that is missing; changes nothing where all are there.

    `raw_retention` is held by a TTL index on the time of receipt; None takes that index away.
    """
    for collection, indexes in _INDEXES.items():
        await database[collection].create_indexes(indexes)
    await _hold_retention(database, raw_retention)


async def _hold_retention(database: Database, raw_retention: timedelta | None) -> None:
    raw = database[RAW]
    indexes = await raw.index_information()
    if raw_retention is None:
        if _RETENTION in indexes:
            await raw.drop_index(_RETENTION)
        return
    seconds = int(raw_retention.total_seconds())
    if _RETENTION not in indexes:
        await raw.create_index("received_at", name=_RETENTION, expireAfterSeconds=seconds)
    elif indexes[_RETENTION].get("expireAfterSeconds") != seconds:
        index = {"name": _RETENTION, "expireAfterSeconds": seconds}
        await database.command("collMod", RAW, index=index)


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
