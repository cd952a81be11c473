"""The form of a file of rule tests: readings in, alerts expected out; pure.

Times are spans since the start of the test, such as 90s, 5m or 1h30m.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.alerts.rules.file_fields import LevelName, Number, RuleId, Span, Wait
from shared.alerts.timeline.episode import EndReason
from shared.readings.reading import DeviceId, Value

MAX_READINGS: Final = 100_000
_SENSOR: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}", re.ASCII)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GivenReading(_Part):
    """A reading at a time, or with `every` one after the other up to `until`.

    Every other field is a sensor with its value. `received` is when it came, without it at once.
    """

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, Value] = Field(init=False)

    at: Span
    every: Wait | None = None
    until: Span | None = None
    received: Span | None = None

    @model_validator(mode="after")
    def _is_a_reading(self) -> Self:
        if not self.values or not all(_SENSOR.fullmatch(name) for name in self.values):
            raise ValueError("must have a sensor with its value, such as temperature_c: 21.5")
        if (self.every is None) != (self.until is None):
            raise ValueError("must have both every and until, or neither")
        if self.count > MAX_READINGS:
            raise ValueError(f"must not be more than {MAX_READINGS} readings")
        return self

    @property
    def values(self) -> Mapping[str, float]:
        """Each sensor's value."""
        return self.__pydantic_extra__

    @property
    def count(self) -> int:
        """How many readings it is."""
        if self.every is None or self.until is None:
            return 1
        return max((self.until - self.at) // self.every + 1, 0)

    def times(self) -> Iterator[timedelta]:
        """Return when each of the readings is."""
        step = self.every or timedelta(0)
        return (self.at + number * step for number in range(self.count))


class ExpectedAlert(_Part):
    """An alert; without `ended` it goes on. What is not said of it may be anything.

    `severity` is the highest that it had.
    """

    rule: RuleId
    started: Span
    ended: Span | None = None
    fired: Span | None = None
    reason: EndReason | None = None
    severity: LevelName | None = None
    peak: Number | None = None


class RuleTest(_Part):
    """The readings of one device, and all alerts that they raise when time has passed to `until`.

    `rules` are the rules that are tested; without it, all. Without `until` time passes by the
    readings alone.
    """

    name: Annotated[str, Field(min_length=1, max_length=200)]
    device: DeviceId = "device-1"
    rules: tuple[RuleId, ...] | None = None
    readings: tuple[GivenReading, ...]
    until: Span | None = None
    expect: tuple[ExpectedAlert, ...]

    @model_validator(mode="after")
    def _is_not_too_large(self) -> Self:
        if sum(one.count for one in self.readings) > MAX_READINGS:
            raise ValueError(f"must not be of more than {MAX_READINGS} readings")
        return self


class RuleTestFile(_Part):
    """The tests of a file; `rules` is the path of their rules file, from this file on.

    Without it they are of the file that the command names, or else of the environment.
    """

    rules: str | None = None
    tests: Annotated[tuple[RuleTest, ...], Field(min_length=1)]
