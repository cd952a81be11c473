"""Reads the alerts that last, in pages: what a target that keeps state is told again."""

from collections.abc import AsyncGenerator, Sequence

from shared.alerts.status import OPEN
from shared.mongo.collections import ALERTS, Document
from shared.mongo.database import Database
from shared.mongo.errors import database_errors
from shared.outcomes import Reason

PAGE = 500


async def lasting_alerts(database: Database) -> AsyncGenerator[Sequence[Document]]:
    """Yield the alerts of rules that are not over, newest first, 500 at a time."""
    async with database_errors(Reason.SEND_NOTICES):
        for status in OPEN:
            wanted = {"status": status, "rule_id": {"$exists": True}}
            cursor = database[ALERTS].find(wanted, sort=[("created_at", -1)], batch_size=PAGE)
            async with cursor:
                while page := await cursor.to_list(PAGE):
                    yield page
