"""The database's stream of changes: which rows were written, in the order in which they were.

It begins at a time of the database's clock, so a stream can begin where another one, of any
instance, ended. Of a row its id alone is sent.
"""

import time
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from bson.timestamp import Timestamp
from pymongo.asynchronous.change_stream import AsyncDatabaseChangeStream
from pymongo.errors import OperationFailure

from functions.dashboard.live.changed import Changed
from functions.dashboard.live.interest import Change, Kind
from functions.dashboard.live.position import Position
from functions.dashboard.queries.bounded_queries import bounded
from shared.mongo.collections import ALERTS, DEAD_LETTERS, DEVICES, VIEWS, Document
from shared.mongo.database import Database, Session

OPERATION: Final = "events"
_LOST: Final = 286  # ChangeStreamHistoryLost: what is asked for has left the oplog
# Further back it is cheaper to read the view anew: some 30 us for each change since.
_FURTHEST_BACK_S: Final = 300
_WAIT_MS: Final = 250  # of the server, for the next change
_BATCH: Final = 1_000
_COLLECTIONS: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.DEVICE: DEVICES,
        Kind.WINDOW: VIEWS,
        Kind.ALERT: ALERTS,
        Kind.DEAD_LETTER: DEAD_LETTERS,
    }
)
_KINDS: Final = {collection: kind for kind, collection in _COLLECTIONS.items()}
_PIPELINE: Final[list[Document]] = [
    {
        "$match": {
            "ns.coll": {"$in": list(_KINDS)},
            "operationType": {"$in": ["insert", "update", "replace"]},
        }
    },
    {"$project": {"ns.coll": 1, "documentKey": 1, "clusterTime": 1}},
]
_LEFT_OUT: Final = {"data": 0, "reading_ids": 0, "opened_by": 0, "closed_by": 0, "amended": 0}
_Stream = AsyncDatabaseChangeStream[Document]


class ChangeStream:
    """An open stream of changes, and reads that have seen all that it told."""

    def __init__(
        self, database: Database, session: Session, stream: _Stream, start: Position
    ) -> None:
        self._database = database
        self._session = session
        self._stream = stream
        self.start = start

    @classmethod
    async def open(cls, database: Database, since: Position | None) -> "ChangeStream":
        """Open it at a position; now where there is none, or it is minutes ago, or not stored.

        Raise TemporaryError where the database fails.
        """
        session = database.client.start_session(causal_consistency=True)
        async with bounded(OPERATION):
            now = await _now(database, session)
            if since is not None and now.earlier_by(_FURTHEST_BACK_S) <= since <= now:
                try:
                    stream = await _opened(database, session, since)
                except OperationFailure as error:
                    if error.code != _LOST:
                        raise
                else:
                    return cls(database, session, stream, since)
            return cls(database, session, await _opened(database, session, now), now)

    async def changed(self, within_s: float) -> Changed | None:
        """Return what changes within this time, about; None: nothing. Raise TemporaryError."""
        end = time.monotonic() + within_s
        changes: set[Change] = set()
        last: Timestamp | None = None
        while time.monotonic() < end:
            async with bounded(OPERATION):
                change = await self._stream.try_next()
            if change is not None:
                last = change["clusterTime"]
                changes.add(Change(_KINDS[change["ns"]["coll"]], change["documentKey"]["_id"]))
        return None if last is None else Changed(_position(last), frozenset(changes))

    async def rows(self, kind: Kind, row_ids: Iterable[str]) -> list[Document]:
        """Return what is stored of these rows now. Raise TemporaryError."""
        wanted = {"_id": {"$in": list(row_ids)}}
        collection = self._database[_COLLECTIONS[kind]]
        async with bounded(OPERATION):
            return await collection.find(wanted, _LEFT_OUT, session=self._session).to_list()

    async def close(self) -> None:
        """Close the stream; where the database does not respond, it ends it by itself."""
        async with bounded(OPERATION):
            await self._stream.close()
            await self._session.end_session()


async def _now(database: Database, session: Session) -> Position:
    await database.command("ping", session=session)
    assert session.operation_time is not None
    return _position(session.operation_time)


async def _opened(database: Database, session: Session, since: Position) -> _Stream:
    return await database.watch(
        _PIPELINE,
        start_at_operation_time=Timestamp(since.seconds, since.number),
        max_await_time_ms=_WAIT_MS,
        batch_size=_BATCH,
        session=session,
    )


def _position(timestamp: Timestamp) -> Position:
    return Position(timestamp.time, timestamp.inc)
