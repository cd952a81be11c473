"""The shapes of the fleet at a glance, and of dead letters by what they died of."""

from pydantic import Field

from functions.dashboard.schemas.responses import Row, Timestamp


class DeviceCounts(Row):
    """How many devices there are; one can be stale and alerting."""

    total: int
    online: int
    stale: int
    alerting: int


class LevelCount(Row):
    """How many alerts of one level are open."""

    severity: str
    active: int
    acknowledged: int


class Waiting(Row):
    """What the pipeline has not worked off yet."""

    batches: int = Field(description="stored, and not yet counted in windows")
    notices: int = Field(description="of alerts, not yet delivered")
    dead_letters: int = Field(description="open ones, up to 50,000")


class Fleet(Row):
    """The fleet and the pipeline at one moment."""

    at: Timestamp
    devices: DeviceCounts
    alerts: list[LevelCount] = Field(description="of the first 20,000 open ones")
    alerting_devices: list[str] = Field(description="the first 1,000, by their ids")
    stale_after_seconds: int
    newest_reading_at: Timestamp | None
    aggregated_until: Timestamp | None
    telemetry_records: int = Field(description="by the collection's own counter")
    waiting: Waiting


class Cause(Row):
    """Open dead letters that died of the same, at the same stage."""

    stage: str
    reason: str
    cause: str | None = Field(default=None, description="data, world, fault (a bug) or unknown")
    count: int
    first_at: Timestamp
    last_at: Timestamp


class RedriveRequested(Row):
    """How many letters are published again at the next tick because of this request."""

    requested: int
    more: bool = Field(description="there are more that match: ask again")


class CauseList(Row):
    data: list[Cause] = Field(description="the most frequent first; of at most 50,000 letters")
