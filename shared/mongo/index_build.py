"""The building of indexes beside a process's requests: one at a time, however long each takes.

Everything that makes, changes or drops an index goes through here, so that nothing else waits for
it: a function is ready without, and what needs an index asks whether it is built.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import pymongo
from pymongo.errors import AutoReconnect, PyMongoError

from shared.mongo.collections import Document
from shared.mongo.database import Database
from shared.mongo.indexes import INDEXES
from shared.mongo.retention import hold_retention

# The client's own limit would become maxTimeMS, and the server aborts a build that meets it: 5 s
# are enough for about a million readings. The server takes at most 24 days.
_LIMIT_S: Final = 20 * 86_400.0
_RETENTION: Final = "retention"
_REPORT_S: Final = 10.0
_AFTER_FAILOVER_S: Final = 1.0
_AFTER_REFUSAL_S: Final = 15.0  # such as two documents with one value of a unique index
_log = logging.getLogger(__name__)


class IndexBuild:
    """The making of all indexes by one process, tried until every one is built.

    A second process that makes the same index waits for the same build. A build goes on in the
    server when the process that began it ends.
    """

    def __init__(self, database: Database, raw_retention: timedelta | None) -> None:
        self._database = database
        self._raw_retention = raw_retention
        self._left: list[str] = [*INDEXES, _RETENTION]

    def has(self, collection: str) -> bool:
        """Return whether every index of this collection is built, as far as is known."""
        return collection not in self._left

    async def run(self) -> None:
        """Return when every index is built and the retention is held; change nothing if so."""
        while self._left:
            failures = [await self._attempt(name) for name in await self._smallest_first()]
            if self._left:
                await asyncio.sleep(max(failures))

    async def _smallest_first(self) -> Sequence[str]:
        """Return what is left, so that a small collection does not wait for a large one."""
        sizes: dict[str, int] = {}
        try:
            for name in self._left:
                if name != _RETENTION:
                    sizes[name] = await self._database[name].estimated_document_count()
        except PyMongoError:  # the attempt meets it again, and reports it
            return list(self._left)
        largest = max(sizes.values(), default=0)
        return sorted(self._left, key=lambda name: sizes.get(name, largest + 1))

    async def _attempt(self, name: str) -> float:
        """Make what `name` needs; return the seconds to wait before it is tried again."""
        making = asyncio.create_task(self._make(name))
        try:
            while not (await asyncio.wait([making], timeout=_REPORT_S))[0]:
                await self._report(name)
            making.result()
        except PyMongoError as error:
            _log.warning("index not built", extra={"collection": name, "reason": str(error)[:300]})
            return _AFTER_FAILOVER_S if isinstance(error, AutoReconnect) else _AFTER_REFUSAL_S
        finally:
            making.cancel()
            await asyncio.wait([making])  # it closes its connection; the server goes on
        self._left.remove(name)
        return 0.0

    async def _make(self, name: str) -> None:
        with pymongo.timeout(_LIMIT_S):
            if name == _RETENTION:
                await hold_retention(self._database, self._raw_retention)
            else:
                await self._database[name].create_indexes(INDEXES[name])

    async def _report(self, name: str) -> None:
        """Log how far the build is; without figures where the user may not see them."""
        fields: Document = {"collection": name}
        try:
            async for operation in await self._database.client.admin.aggregate(
                [
                    {"$currentOp": {}},
                    {"$match": {"msg": {"$regex": "^Index Build"}, "progress": {"$exists": True}}},
                    {"$limit": 1},
                ]
            ):
                fields |= operation["progress"]
        except PyMongoError as error:
            fields["reason"] = str(error)[:300]
        _log.info("building an index", extra=fields)
