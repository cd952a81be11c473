"""The bodies of the routes by which operators act: closed, bounded, and read once."""

from datetime import datetime, timedelta
from typing import Annotated, Final, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from functions.dashboard.schemas.parameters import NOBODY, Actor, Word, time_at, time_or_span
from shared.readings.reading import SensorName

LONGEST_SILENCE: Final = timedelta(days=366)
MOST_ALERTS: Final = 500  # in one request
MOST_LETTERS: Final = 500
_NO_CONTROLS: Final = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$"  # tabs and line feeds are text

AlertId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,128}(/[A-Za-z0-9_]{1,128})?$")]
DeadLetterId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,128}/[A-Za-z0-9]{1,64}$")]
Text = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=1000, pattern=_NO_CONTROLS)
]
TimeOrSpan = Annotated[
    str,
    Field(max_length=64, description="RFC 3339, or a time span: 90s, 30m, 24h or 7d"),
    AfterValidator(time_or_span),
]


class WrongTime(Exception):  # noqa: N818 - an outcome, not a fault of ours
    """A time of the field `name` that is one, and that makes no sense at this moment."""

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(f"{name}: {detail}")
        self.name = name
        self.detail = detail


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OperatorBody(_Body):
    """What an operator says."""

    comment: Text = ""
    actor: Actor = NOBODY


class Acknowledge(OperatorBody):
    """An acknowledgement, without an end unless it has an `until`."""

    until: Annotated[TimeOrSpan | None, Field(description="when it ends")] = None

    def until_at(self, now: datetime) -> datetime | None:
        """Return when it ends, for a request at `now`; None: it has no end of its own.

        Raise WrongTime where that is over already.
        """
        until = None if self.until is None else time_at(self.until, now)
        if until is not None and until <= now:
            raise WrongTime("until", "must be after now")
        return until


class AcknowledgeMany(Acknowledge):
    """An acknowledgement of several alerts."""

    alert_ids: Annotated[list[AlertId], Field(min_length=1, max_length=MOST_ALERTS)]


class Redrive(_Body):
    """Which open dead letters are to be published again: those that match all that is given."""

    stage: Word | None = None
    reason: Word | None = None
    dead_letter_ids: Annotated[
        list[DeadLetterId] | None, Field(min_length=1, max_length=MOST_LETTERS)
    ] = None
    actor: Actor = NOBODY

    @model_validator(mode="after")
    def _name_some(self) -> Self:
        if self.stage is None and self.reason is None and self.dead_letter_ids is None:
            raise ValueError("one of stage, reason and dead_letter_ids is needed")
        return self


class Matchers(_Body):
    """What a silence is about: an alert that matches every matcher given."""

    device_id: Annotated[
        str | None,
        Field(pattern=r"^[A-Za-z0-9._:-]{1,128}\*?$", description="exact, or a prefix and `*`"),
    ] = None
    rule_id: Word | None = None
    severity: Word | None = None
    sensor_type: SensorName | None = None

    @model_validator(mode="after")
    def _match_something(self) -> Self:
        if not self.given:
            raise ValueError("at least one is needed: a silence of everything is none")
        return self

    @property
    def given(self) -> dict[str, str]:
        """The matchers that are given."""
        return {name: value for name, value in self.model_dump().items() if value is not None}


class NewSilence(OperatorBody):
    """A silence: of the alerts that match, from a time on, up to another one."""

    matchers: Matchers
    start: Annotated[TimeOrSpan | None, Field(alias="from", description="default: now")] = None
    end: Annotated[TimeOrSpan, Field(alias="to", description="a span counts from `from`")]
    comment: Annotated[Text, Field(min_length=1)]

    def times_at(self, now: datetime) -> tuple[datetime, datetime]:
        """Return when it begins and ends, for a request at `now`.

        Raise WrongTime where it would be over already, or begin or last longer than people mean.
        """
        start = now if self.start is None else time_at(self.start, now)
        if start > now + LONGEST_SILENCE:
            raise WrongTime("from", "must be within a year from now")
        end = time_at(self.end, start)
        if end <= max(start, now):
            raise WrongTime("to", "must be after `from`, and after now")
        if end - start > LONGEST_SILENCE:
            raise WrongTime("to", "must be within a year after `from`")
        return start, end
