"""Erased devices: what was received of one until its erasure is not stored again.

Kafka may deliver it once more for as long as it keeps records. A process knows the erasures that
were there 10 s ago; whoever erases writes one first and waits for longer than that.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from shared import metrics
from shared.mongo.collections import ERASED
from shared.mongo.database import Database
from shared.mongo.errors import database_errors
from shared.mongo.reading_store import Incoming

MAX_AGE_S: Final = 10.0
# telemetry.raw keeps 7 days and telemetry.dlq 30; a day for what is under way.
KEPT: Final = timedelta(days=38)
_OPERATION: Final = "erasures"


class Connection(Protocol):
    """An opened database; `database` raises TemporaryError where none has responded yet."""

    @property
    def database(self) -> Database: ...


class Erasures:
    """The erasures as one process knows them: read again when they are 10 s old."""

    def __init__(
        self, connection: Connection, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._connection = connection
        self._monotonic = monotonic
        self._until: Mapping[str, datetime] = {}
        self._read_at: float | None = None

    async def without_erased(self, incoming: Sequence[Incoming]) -> Sequence[Incoming]:
        """Return the readings that may be stored. Raise TemporaryError where the database fails."""
        now = self._monotonic()
        if self._read_at is None or now - self._read_at > MAX_AGE_S:
            self._until = await _read(self._connection.database)
            self._read_at = now
        if not self._until:
            return incoming
        kept = [one for one in incoming if not self._is_erased(one)]
        metrics.readings_erased.inc(len(incoming) - len(kept))
        return kept

    def _is_erased(self, one: Incoming) -> bool:
        until = self._until.get(one.reading.device_id)
        return until is not None and one.received_at <= until


async def _read(database: Database) -> Mapping[str, datetime]:
    async with database_errors(_OPERATION):
        rows = await database[ERASED].find({}, {"until": 1}).to_list()
    return {row["_id"]: row["until"] for row in rows}
