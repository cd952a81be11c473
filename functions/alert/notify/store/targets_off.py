"""Stores which targets are off: they answered 410, and want nothing any more.

One stays off until its configuration is another, so until somebody has looked.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from functions.alert.notify.targets.target import Target
from shared.mongo.collections import TARGETS
from shared.mongo.database import Database
from shared.mongo.errors import database_errors
from shared.outcomes import Reason


async def switch_off(database: Database, target: Target, reason: str, now: datetime) -> None:
    """Store that the target is off, as it is configured now."""
    fields = {"fingerprint": target.fingerprint, "off_since": now, "reason": reason}
    async with database_errors(Reason.SEND_NOTICES):
        await database[TARGETS].update_one({"_id": target.name}, {"$set": fields}, upsert=True)


async def targets_off(database: Database, targets: Sequence[Target]) -> Mapping[str, str]:
    """Return the reason of each of these targets that is off, as it is configured now."""
    wanted = {"_id": {"$in": [target.name for target in targets]}}
    async with database_errors(Reason.SEND_NOTICES):
        found = {one["_id"]: one for one in await database[TARGETS].find(wanted).to_list()}
    return {
        target.name: f"it is off since {found[target.name]['off_since']:%Y-%m-%d %H:%M} UTC: "
        f"{found[target.name]['reason']}"
        for target in targets
        if found.get(target.name, {}).get("fingerprint") == target.fingerprint
    }
