"""Ends acknowledgements whose time has come, so that lists by status say what is true.

The tick calls this. Who reads an alert meanwhile computes its status, and sees the end at once.
"""

from datetime import datetime
from typing import Final

from pymongo import UpdateOne

from shared.alerts.status import status_of
from shared.mongo.collections import ALERTS
from shared.mongo.database import Database
from shared.mongo.errors import database_errors
from shared.outcomes import Reason

MOST: Final = 500  # in one call
_FIELDS: Final = (
    "version",
    "severity",
    "rank",
    "ended",
    "retracted_reason",
    "acknowledgement",
)


async def end_lapsed_acknowledgements(database: Database, now: datetime) -> int:
    """End those whose `until` is `now` or before; return how many of at most 500 were ended.

    By compare-and-set on the alert's `version`: one that is written meanwhile is left to the next
    call. Raise TemporaryError where the database fails.
    """
    due = {"acknowledgement.until": {"$lte": now}}
    async with database_errors(Reason.KEEP_ALERTS):
        found = await database[ALERTS].find(due, dict.fromkeys(_FIELDS, 1), limit=MOST).to_list()
        writes = []
        for alert in found:
            version = alert.get("version")
            ended = {
                "acknowledgement": None,
                "status": status_of({**alert, "acknowledgement": None}),
                "updated_at": now,
                "version": (version or 0) + 1,
            }
            writes.append(UpdateOne({"_id": alert["_id"], "version": version}, {"$set": ended}))
        if not writes:
            return 0
        return (await database[ALERTS].bulk_write(writes, ordered=False)).modified_count
