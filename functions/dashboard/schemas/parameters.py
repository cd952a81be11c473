"""The query parameters of each route, read once."""

import re
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
)
from pydantic_core.core_schema import ValidationInfo

from shared.alerts.status import OPEN, STATUSES, Status
from shared.readings.reading import DeviceId, SensorName
from shared.times import read_duration, read_time_up

_SPAN: Final = re.compile(r"[1-9][0-9]{0,4}[smhd]", re.ASCII)
_STATUS: Final = f"({'|'.join((*STATUSES, 'open'))})"
_SPACE_FOR_PLUS: Final = re.compile(r"(?<=[\d.]) (\d\d(?::?\d\d)?)$", re.ASCII)


def moment(text: object) -> datetime:
    """Return an RFC 3339 time as aware UTC, rounded up to a whole millisecond; no zone means UTC.

    Rounded up, since times are stored in milliseconds: `stored >= given` then means what it did.
    A `+` that came as a space (what a plus sign in a URL means) is taken for the plus it was.
    """
    return read_time_up(_SPACE_FOR_PLUS.sub(r"+\1", str(text)))


def time_at(text: str, now: datetime, *, back: bool = False) -> datetime:
    """Return the time that is meant by an RFC 3339 time, or by a span from `now` on (or `back`)."""
    if not _SPAN.fullmatch(text):
        return moment(text)
    return now - read_duration(text) if back else now + read_duration(text)


def time_or_span(text: str | None) -> str | None:
    """Return a text that `time_at` can read; raise ValueError for any other."""
    if text is not None and not _SPAN.fullmatch(text):
        moment(text)
    return text


Moment = Annotated[datetime, BeforeValidator(moment)]
Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,128}$")]


Actor = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$"
    ),
    Field(description="who acts, as the caller says; a credential says it better, and then wins"),
]
NOBODY: Final = "anonymous"


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
    rule_id: Word | None = None
    severity: Word | None = None
    status: Annotated[
        str | None,
        Field(
            pattern=rf"^{_STATUS}(,{_STATUS}){{0,9}}$",
            description="one or several, separated by commas; open: active and acknowledged",
        ),
    ] = None
    since: Annotated[
        str | None,
        AfterValidator(time_or_span),
        Field(max_length=64, description="as `from`, or a time span before now: 90s, 30m, 24h, 7d"),
    ] = None

    @field_validator("since")
    @classmethod
    def _says_once_where_it_starts(cls, since: str | None, info: ValidationInfo) -> str | None:
        if since is not None and info.data.get("start") is not None:
            raise ValueError("cannot be combined with `from`, which means the same")
        return since

    @property
    def statuses(self) -> frozenset[Status]:
        """The statuses that are wanted; none: any."""
        words = self.status.split(",") if self.status else []
        opened = frozenset(OPEN) if "open" in words else frozenset()
        return opened | {status for status in STATUSES if status in words}

    def start_at(self, now: datetime) -> datetime | None:
        """Return the first time that is wanted, at `now`; None: there is no first."""
        return self.start if self.since is None else time_at(self.since, now, back=True)


class SilenceParameters(Paged):
    state: Annotated[
        Literal["open", "over"] | None, Field(description="open: active, or still to come")
    ] = None


class DeadLetterParameters(Ranged):
    stage: Word | None = None
    reason: Word | None = None
    status: Literal["open", "redriven"] | None = None


class EndParameters(NoParameters):
    actor: Actor = NOBODY


class RecentParameters(Paged):
    within: Annotated[
        str,
        Field(pattern=r"^[1-9][0-9]{0,4}[smhd]$", description="a time span: 90s, 30m, 24h or 7d"),
    ] = "24h"

    def since(self, now: datetime) -> datetime:
        """Return the earliest time that is still recent at `now`."""
        return now - read_duration(self.within)
