"""Stores what operators do with alerts: beside the alert function's writes, and losing none.

Both write by compare-and-set on the document's `version`. A write that meets a newer document is
made again from that one; an action is known by its id, so one that is there is not made twice.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from pymongo import UpdateOne

from shared.alerts.acknowledgement import Action, changes_nothing, with_action
from shared.alerts.status import OPEN, status_of
from shared.mongo.collections import ALERTS, Document
from shared.mongo.database import Database
from shared.outcomes import TemporaryError

OPERATION: Final = "act_on_alerts"
_ROUNDS: Final = 50  # each is one read and one write; the request's time ends it sooner
# All that an action is decided by. The timeline is neither read further nor written.
_FIELDS: Final = (
    "version",
    "severity",
    "rank",
    "ended",
    "retracted_reason",
    "acknowledgement",
    "operator_actions",
)
_READ: Final = dict.fromkeys(_FIELDS, 1)


class Outcome(StrEnum):
    """What became of an action on one alert."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"  # it was so already
    OVER = "over"  # resolved or retracted: there is nothing to acknowledge
    NOT_FOUND = "not_found"


async def act_on(
    database: Database, alert_ids: Sequence[str], action: Action, now: datetime
) -> Mapping[str, Outcome]:
    """Do this to each of these alerts; return what became of it, in their order.

    Raise TemporaryError where others go on writing the same alerts: doing it again completes it.
    """
    outcomes = dict.fromkeys(alert_ids, Outcome.NOT_FOUND)
    left = list(outcomes)
    for _ in range(_ROUNDS):
        found = await database[ALERTS].find({"_id": {"$in": left}}, _READ).to_list()
        writes = []
        for alert in found:
            outcomes[alert["_id"]] = _outcome(alert, action, now)
            if outcomes[alert["_id"]] is Outcome.CHANGED and not _is_there(alert, action):
                writes.append(_write(alert, action, now))
        if not writes:
            return outcomes
        written = await database[ALERTS].bulk_write(writes, ordered=False)
        if written.matched_count == len(writes):
            return outcomes
    raise TemporaryError(OPERATION, f"others kept writing these alerts, {_ROUNDS} times")


def _outcome(alert: Document, action: Action, now: datetime) -> Outcome:
    if _is_there(alert, action):
        return Outcome.CHANGED
    if status_of(alert, now) not in OPEN:
        return Outcome.OVER
    return Outcome.UNCHANGED if changes_nothing(alert, action, now) else Outcome.CHANGED


def _is_there(alert: Document, action: Action) -> bool:
    there = alert.get("operator_actions")
    return there is not None and with_action(alert, action)["operator_actions"] == there


def _write(alert: Document, action: Action, now: datetime) -> UpdateOne:
    fields = with_action(alert, action)
    version = alert.get("version")
    return UpdateOne(
        {"_id": alert["_id"], "version": version},  # None: also a document without the field
        {
            "$set": {
                **fields,
                "status": status_of({**alert, **fields}, now),
                "updated_at": now,
                "version": (version or 0) + 1,
            }
        },
    )
