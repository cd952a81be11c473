"""The form of the rules file, which its JSON schema is generated from; pure.

What a field means is in its description, which editors show. What fields say together is checked
in faults.py, once they are a rule.
"""

from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from shared.alerts.rules.file_fields import (
    NO_TIME,
    Count,
    Flag,
    LevelName,
    Number,
    RuleId,
    Span,
    Time,
    Unit,
    Wait,
)
from shared.alerts.rules.rule import FLAP_OPENINGS, FLAP_WITHIN, GRACE, MAX_GAP, MIN_INTERVAL
from shared.readings.reading import SensorName

NUMBER: Final = "number"  # the two forms of a limit, as they are called where one is wrong
BOUNDS: Final = "bounds"


class _Part(BaseModel):
    # built when a file is read, and then once: half the time of the import
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


class Bounds(_Part):
    """Two limits, or one of them."""

    low: Number | None = None
    high: Number | None = None

    @model_validator(mode="after")
    def _has_one(self) -> Self:
        if self.low is None and self.high is None:
            raise ValueError("must have low or high")
        return self


class Band(_Part):
    """Two limits."""

    low: Number
    high: Number


class _Durations(_Part):
    name: LevelName = Field(description="The severity that the alert has on this level.")
    hold: Span = Field(
        NO_TIME, alias="for", description="How long a breach lasts before the level fires."
    )
    clear_hold: Span = Field(
        NO_TIME, alias="clear_for", description="How long it is well before the level is over."
    )
    min_count: Count = Field(1, description="The readings that a breach has at least.")


class OneSidedLevel(_Durations):
    """A level of a rule `above` or `below`."""

    open: Number = Field(description="A value beyond it is a breach; one on it is none.")
    clear: Number | None = Field(None, description="A value up to it is well; without it: open.")


class BandLevel(_Durations):
    """A level of a rule `outside`."""

    open: Band = Field(description="A value beyond one of the two is a breach.")
    clear: Band | None = Field(None, description="A value between the two is well; without: open.")


class RateLevel(_Durations):
    """A level of a rule `rate`: its limits are of the change per second."""

    open: Bounds = Field(description="A change per second beyond one of them is a breach.")
    clear: Bounds | None = Field(None, description="A change between them is well; without: open.")


class Flap(_Part):
    """When alerts of a device that come and go are one nuisance."""

    openings: Annotated[int, Field(strict=True, ge=2, le=1_000)] = FLAP_OPENINGS
    within: Wait = FLAP_WITHIN


class _Rule(_Part):
    id: RuleId = Field(description="The name of the rule; one of the environment is replaced.")
    alert_type: RuleId | None = Field(None, description="Without it: sensor and id.")
    summary: str = Field("", max_length=1_000, description="For people: what to do, where to look.")
    grace: Span = Field(GRACE, description="How late a reading may be before time goes on.")
    flap: Flap = Flap()
    valid_from: Time | None = Field(
        None, description="The time of readings from which it holds; without it: when it is loaded."
    )


class _SensorRule(_Rule):
    sensor: SensorName
    unit: Unit | None = Field(None, description="For messages.")
    max_gap: Wait = Field(MAX_GAP, description="How long a value counts when none follows it.")
    resolve_on_silence: Flag = Field(
        False, description="Whether an alert ends when no value comes for max_gap."
    )


class OneSidedRule(_SensorRule):
    """A value is too high, or too low."""

    kind: Literal["above", "below"]
    levels: Annotated[list[OneSidedLevel], Field(min_length=1, max_length=8)]


class BandRule(_SensorRule):
    """A value is too high or too low."""

    kind: Literal["outside"]
    levels: Annotated[list[BandLevel], Field(min_length=1, max_length=8)]


class RateRule(_SensorRule):
    """A value rises or falls too fast."""

    kind: Literal["rate"]
    levels: Annotated[list[RateLevel], Field(min_length=1, max_length=8)]
    min_interval: Wait = Field(
        MIN_INTERVAL, description="Readings that are closer to each other give no rate."
    )


class StaleRule(_Rule):
    """A sensor has not measured for too long, by the times of its readings."""

    kind: Literal["stale"]
    sensor: SensorName
    timeout: Wait
    severity: LevelName = "warning"


class OfflineRule(_Rule):
    """Nothing was received of a device for too long, whatever the times of its readings."""

    kind: Literal["offline"]
    timeout: Wait
    severity: LevelName = "warning"


def _form_of_limit(limit: object) -> str:
    return BOUNDS if isinstance(limit, dict | Bounds) else NUMBER


_Limit = Annotated[
    Annotated[Number, Tag(NUMBER)] | Annotated[Bounds, Tag(BOUNDS)], Discriminator(_form_of_limit)
]


class LevelChange(_Part):
    """What is different on a level of this name."""

    name: LevelName
    open: _Limit | None = None
    clear: _Limit | None = None
    hold: Span | None = Field(None, alias="for")
    clear_hold: Span | None = Field(None, alias="clear_for")
    min_count: Count | None = None


class OverrideOfFile(_Part):
    """What is different for one device, or for all whose id begins alike."""

    device: Annotated[str, Field(pattern=r"^([A-Za-z0-9._:-]{1,128}|[A-Za-z0-9._:-]{0,127}\*)$")]
    rule: RuleId = Field(description="A rule of this file, or one of the environment.")
    enabled: Flag = Field(True, description="Whether the rule holds for them at all.")
    levels: list[LevelChange] = Field(default_factory=list)
    max_gap: Wait | None = None
    timeout: Wait | None = None
    min_interval: Wait | None = None
    grace: Span | None = None
    resolve_on_silence: Flag | None = None


RuleOfFile = Annotated[
    OneSidedRule | BandRule | RateRule | StaleRule | OfflineRule, Field(discriminator="kind")
]


class RulesFile(_Part):
    """The rules of alerts: in addition to those of the environment, or in their place."""

    rules: Annotated[list[RuleOfFile], Field(max_length=200)]
    overrides: Annotated[list[OverrideOfFile], Field(max_length=10_000)] = Field(
        default_factory=list
    )
