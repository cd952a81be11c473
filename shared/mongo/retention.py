"""How long readings stay stored, held by a TTL index on the time of receipt."""

from datetime import timedelta
from typing import Final

from shared.mongo.collections import RAW
from shared.mongo.database import Database

_RETENTION: Final = "raw_retention"


async def hold_retention(database: Database, raw_retention: timedelta | None) -> None:
    """Make, change or drop the index that deletes readings `raw_retention` after their receipt.

    Return when it is built, be it by another process.
    """
    raw = database[RAW]
    indexes = await raw.index_information()  # with those that are still being built
    if raw_retention is None:
        if _RETENTION in indexes:
            await raw.drop_index(_RETENTION)
        return
    seconds = int(raw_retention.total_seconds())
    if indexes.get(_RETENTION, {}).get("expireAfterSeconds", seconds) != seconds:
        index = {"name": _RETENTION, "expireAfterSeconds": seconds}
        await database.command("collMod", RAW, index=index)
        return
    await raw.create_index("received_at", name=_RETENTION, expireAfterSeconds=seconds)
