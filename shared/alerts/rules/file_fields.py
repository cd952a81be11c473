"""The kinds of values that fields of the rules file have; pure."""

from datetime import timedelta
from typing import Annotated, Final

from pydantic import AwareDatetime, BeforeValidator, Field, WithJsonSchema

from shared.readings.reading import MAX_MAGNITUDE
from shared.times import read_span, read_time, span_text

NO_TIME: Final = timedelta(0)
_SECOND: Final = timedelta(seconds=1)
_MONTH: Final = timedelta(days=31)
_SPAN_SCHEMA: Final = {
    "type": "string",
    "pattern": "^(P.+|([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?)$",
    "examples": ["90s", "5m", "1h30m", "PT5M"],
}


def _span(text: object) -> timedelta:
    return _in_range(text, NO_TIME)


def _wait(text: object) -> timedelta:
    return _in_range(text, _SECOND)


def _in_range(text: object, least: timedelta) -> timedelta:
    """Return the span. Raise ValueError, as pydantic wants it, for anything else."""
    span = read_span(text if isinstance(text, str) else "")
    if not least <= span <= _MONTH:
        raise ValueError(f"must be {span_text(least)} to {span_text(_MONTH)}")
    return span


def _time(text: object) -> object:
    return read_time(text, needs_zone=True) if isinstance(text, str) else text


Span = Annotated[timedelta, BeforeValidator(_span), WithJsonSchema(_SPAN_SCHEMA)]
Wait = Annotated[timedelta, BeforeValidator(_wait), WithJsonSchema(_SPAN_SCHEMA)]
Number = Annotated[
    float, Field(strict=True, allow_inf_nan=False, ge=-MAX_MAGNITUDE, le=MAX_MAGNITUDE)
]
Time = Annotated[
    AwareDatetime,
    BeforeValidator(_time),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Flag = Annotated[bool, Field(strict=True)]
Count = Annotated[int, Field(strict=True, ge=1, le=1_000)]
RuleId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
LevelName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
Unit = Annotated[str, Field(max_length=16)]
