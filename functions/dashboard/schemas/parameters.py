"""The query parameters of each route, read once."""

import re
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from pydantic_core.core_schema import ValidationInfo

from shared.readings.reading import DeviceId, SensorName
from shared.times import read_duration, read_time_up

_SPACE_FOR_PLUS: Final = re.compile(r"(?<=[\d.]) (\d\d(?::?\d\d)?)$", re.ASCII)


def moment(text: object) -> datetime:
    """Return an RFC 3339 time as aware UTC, rounded up to a whole millisecond; no zone means UTC.

    Rounded up, since times are stored in milliseconds: `stored >= given` then means what it did.
    A `+` that came as a space (what a plus sign in a URL means) is taken for the plus it was.
    """
    return read_time_up(_SPACE_FOR_PLUS.sub(r"+\1", str(text)))


Moment = Annotated[datetime, BeforeValidator(moment)]
Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,128}$")]


class NoParameters(BaseModel):
    """A route that takes none: a misspelt or misplaced one is refused, not ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Paged(NoParameters):
    """How much of a list, and where to go on."""

    limit: Annotated[int, Field(ge=1, le=1000, description="rows in a page")] = 100
    cursor: Annotated[
        str | None, Field(max_length=1024, description="`next_cursor` of the page before")
    ] = None

    @property
    def filters(self) -> str:
        """The filters as one canonical text: what a cursor is bound to."""
        return self.model_dump_json(exclude={"limit", "cursor"}, exclude_none=True)


class Ranged(Paged):
    """A list within a time range, half-open: `from` belongs to it, `to` does not."""

    start: Annotated[Moment | None, Field(alias="from", description="first time, RFC 3339")] = None
    end: Annotated[
        Moment | None, Field(alias="to", description="time after the last, RFC 3339")
    ] = None

    @field_validator("end")
    @classmethod
    def _ends_after_it_starts(cls, end: datetime | None, info: ValidationInfo) -> datetime | None:
        start = info.data.get("start")
        if end is not None and start is not None and end <= start:
            raise ValueError("must be after `from`")
        return end


class TelemetryParameters(Ranged):
    device_id: DeviceId | None = None


class DeviceAggregateParameters(Ranged):
    sensor_type: SensorName | None = None


class AggregateParameters(DeviceAggregateParameters):
    device_id: DeviceId | None = None


class AlertParameters(Ranged):
    device_id: DeviceId | None = None
    sensor_type: SensorName | None = None
    severity: Literal["warning", "critical"] | None = None
    status: Word | None = None


class DeadLetterParameters(Ranged):
    stage: Word | None = None
    reason: Word | None = None
    status: Literal["open", "redriven"] | None = None


class RecentParameters(Paged):
    within: Annotated[
        str,
        Field(pattern=r"^[1-9][0-9]{0,4}[smhd]$", description="a time span: 90s, 30m, 24h or 7d"),
    ] = "24h"

    def since(self, now: datetime) -> datetime:
        """Return the earliest time that is still recent at `now`."""
        return now - read_duration(self.within)
