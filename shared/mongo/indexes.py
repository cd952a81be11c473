"""Every index of every collection, stated once."""

from datetime import timedelta
from typing import Final

from pymongo import ASCENDING, DESCENDING, IndexModel

from shared.mongo.collections import (
    ALERT_STATES,
    ALERTS,
    DEAD_LETTERS,
    DEVICES,
    ERASED,
    HOURS,
    OUTBOX,
    RAW,
    SILENCES,
    VIEWS,
)
from shared.mongo.database import Database
from shared.mongo.retention import hold_retention

# The three named in the README are relied on by others; a query that needs another one says so
# here.
INDEXES: Final = {
    RAW: [
        IndexModel([("device_id", ASCENDING), ("ts", DESCENDING)]),
        IndexModel(  # a retry of a device without a clock: the first assigned time wins
            [("dedup", ASCENDING)],
            unique=True,
            partialFilterExpression={"dedup": {"$exists": True}},
        ),
    ],
    # What follows is for the dashboard's filters. Such documents are written once, or hardly ever
    # change in an indexed field, so an index costs about one insertion a document: alerts (whose
    # level and status change) and dead letters are few, a view or a device is of many readings.
    ALERTS: [
        IndexModel([("created_at", DESCENDING)]),
        IndexModel([("status", ASCENDING), ("created_at", DESCENDING)]),  # the open ones
        # Each of these with or without a status.
        IndexModel([("severity", ASCENDING), ("status", ASCENDING), ("created_at", DESCENDING)]),
        IndexModel([("device_id", ASCENDING), ("status", ASCENDING), ("created_at", DESCENDING)]),
        IndexModel([("sensor_type", ASCENDING), ("status", ASCENDING), ("created_at", DESCENDING)]),
        IndexModel([("rule_id", ASCENDING), ("status", ASCENDING), ("created_at", DESCENDING)]),
        IndexModel(
            [
                ("device_id", ASCENDING),
                ("severity", ASCENDING),
                ("status", ASCENDING),
                ("created_at", DESCENDING),
            ]
        ),
        IndexModel(
            [
                ("sensor_type", ASCENDING),
                ("severity", ASCENDING),
                ("status", ASCENDING),
                ("created_at", DESCENDING),
            ]
        ),
        IndexModel(  # the open ones, counted by level and device without reading them
            [("status", ASCENDING), ("severity", ASCENDING), ("device_id", ASCENDING)]
        ),
        IndexModel([("device_id", ASCENDING), ("until", ASCENDING)]),  # those a fold can change
        IndexModel([("until", ASCENDING)]),  # of all devices, those in a range of time
        IndexModel(  # acknowledgements that end by themselves
            [("acknowledgement.until", ASCENDING)],
            partialFilterExpression={"acknowledgement.until": {"$type": "date"}},
        ),
    ],
    ALERT_STATES: [
        IndexModel([("next_due", ASCENDING)], sparse=True),  # what a tick looks for
    ],
    SILENCES: [
        IndexModel([("to", ASCENDING)]),  # those in force
    ],
    VIEWS: [
        IndexModel([("device_id", ASCENDING), ("timestamp", DESCENDING)]),
        IndexModel([("timestamp", DESCENDING), ("_id", ASCENDING)]),  # all devices, newest first
        IndexModel([("sensor_type", ASCENDING), ("timestamp", DESCENDING), ("_id", ASCENDING)]),
        IndexModel(  # a chart: one sensor of one device
            [("device_id", ASCENDING), ("sensor_type", ASCENDING), ("timestamp", DESCENDING)]
        ),
    ],
    HOURS: [
        IndexModel(  # a chart over hours: sensors of devices
            [("device_id", ASCENDING), ("sensor_type", ASCENDING), ("timestamp", DESCENDING)]
        ),
    ],
    DEVICES: [
        IndexModel([("first_ts", DESCENDING), ("_id", ASCENDING)]),  # all, newest first
        # Which are silent, and for how long. Of this collection it alone changes with a device's
        # readings: once for each time that the refresh has news of it, and not for each reading.
        IndexModel([("last_ts", DESCENDING), ("_id", ASCENDING)]),
        IndexModel(  # where those are that have told it
            [
                ("position.lat", ASCENDING),
                ("position.lon", ASCENDING),
                ("last_ts", ASCENDING),
                ("_id", ASCENDING),
            ],
            partialFilterExpression={"position.lat": {"$gte": -90}},
        ),
    ],
    ERASED: [
        IndexModel([("expire_at", ASCENDING)], expireAfterSeconds=0),  # once Kafka has no record
    ],
    OUTBOX: [
        IndexModel([("status", ASCENDING), ("next_attempt", ASCENDING)]),  # what is due
        IndexModel(  # of an alert and a target, in order
            [("target", ASCENDING), ("uid", ASCENDING), ("order", ASCENDING)]
        ),
        IndexModel(  # whether a rule opens for many devices
            [
                ("target", ASCENDING),
                ("rule_id", ASCENDING),
                ("kind", ASCENDING),
                ("due_since", DESCENDING),
            ]
        ),
        IndexModel([("digest", ASCENDING)], sparse=True),  # the members of one
        IndexModel([("silenced_by", ASCENDING)], sparse=True),  # what a silence keeps back
        IndexModel([("repeat_at", ASCENDING)], sparse=True),
        IndexModel([("expire_at", ASCENDING)], expireAfterSeconds=0),  # once all is told
    ],
    DEAD_LETTERS: [
        IndexModel([("dead_lettered_at", DESCENDING)]),
        IndexModel(  # also counts what they died of, without reading their bytes
            [
                ("status", ASCENDING),
                ("dead_lettered_at", DESCENDING),
                ("stage", ASCENDING),
                ("reason", ASCENDING),
                ("cause", ASCENDING),
            ]
        ),
        IndexModel(  # of a stage, with or without a status
            [("stage", ASCENDING), ("status", ASCENDING), ("dead_lettered_at", DESCENDING)]
        ),
        IndexModel(  # of a reason, with or without a status
            [("reason", ASCENDING), ("status", ASCENDING), ("dead_lettered_at", DESCENDING)]
        ),
        IndexModel([("reading_ids", ASCENDING)]),  # what became of a reading: its receipt
        IndexModel([("redrive_requested.at", ASCENDING)], sparse=True),  # as operators ask for it
        IndexModel(  # what the redrive tick looks for
            [("redrives", ASCENDING), ("dead_lettered_at", ASCENDING)],
            partialFilterExpression={"status": "open", "cause": "world"},
        ),
    ],
}


async def make_indexes(database: Database, raw_retention: timedelta | None = None) -> None:
    """Make every index that is missing, within the client's time limit; for small databases.

    `raw_retention` is held by a TTL index on the time of receipt; None takes that index away.
    A process makes them by `shared.mongo.index_build`.
    """
    for collection, indexes in INDEXES.items():
        await database[collection].create_indexes(indexes)
    await hold_retention(database, raw_retention)
