"""What a series is asked for with, and its shape in JSON."""

from datetime import timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema

from functions.dashboard.schemas.parameters import NoParameters
from functions.dashboard.schemas.responses import Timestamp
from functions.dashboard.series.formats import Format
from functions.dashboard.series.moments import Moment, read_moment
from shared.times import read_duration

MAX_SENSORS: Final = 10
MAX_DEVICES: Final = 20
MAX_POINTS: Final = 11_000  # as many as Grafana asks for at most
_SENSOR: Final = r"[A-Za-z][A-Za-z0-9_]{0,63}"
_DEVICE: Final = r"[A-Za-z0-9._:-]{1,128}"
_AN_HOUR_AGO: Final = timedelta(hours=-1)
_NOW: Final = timedelta(0)

AnyMoment = Annotated[
    Moment, BeforeValidator(lambda text: read_moment(str(text))), WithJsonSchema({"type": "string"})
]
Step = Annotated[
    timedelta,
    BeforeValidator(lambda text: read_duration(str(text))),
    Field(ge=timedelta(seconds=1)),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,5}[smhd]$"}),
]


class RangeParameters(NoParameters):
    """A range of time, half-open."""

    start: Annotated[
        AnyMoment | None,
        Field(alias="from", description="RFC 3339, epoch seconds or ms, `-6h`; default `-1h`"),
    ] = None
    end: Annotated[
        AnyMoment | None, Field(alias="to", description="the same, or `now`, which is the default")
    ] = None

    @property
    def moments(self) -> tuple[Moment, Moment]:
        """From when to when."""
        start = _AN_HOUR_AGO if self.start is None else self.start
        return start, _NOW if self.end is None else self.end

    @property
    def is_fixed(self) -> bool:
        """Whether neither end moves with the clock."""
        return not any(isinstance(moment, timedelta) for moment in self.moments)


class ExportParameters(RangeParameters):
    """Which readings; there is no JSON of what may be too long to be held."""

    format: Annotated[
        Literal["csv", "ndjson"] | None, Field(description="stands in for `Accept`; default CSV")
    ] = None


class SeriesParameters(RangeParameters):
    """Which sensors, how fine, and in which format."""

    sensor: Annotated[
        str,
        Field(
            pattern=rf"^{_SENSOR}(,{_SENSOR}){{0,{MAX_SENSORS - 1}}}$",
            description="one or several, separated by commas",
        ),
    ]
    max_points: Annotated[int, Field(ge=2, le=MAX_POINTS, description="of each series")] = 1000
    step: Annotated[
        Step | None, Field(description="a whole multiple of the window; default by `max_points`")
    ] = None

    format: Annotated[Format | None, Field(description="stands in for `Accept`")] = None

    @property
    def sensors(self) -> tuple[str, ...]:
        """The sensors, each once."""
        return _each_once(self.sensor)


class ManySeriesParameters(SeriesParameters):
    """Which devices."""

    device_id: Annotated[
        str,
        Field(
            pattern=rf"^{_DEVICE}(,{_DEVICE}){{0,{MAX_DEVICES - 1}}}$",
            description="one or several, separated by commas",
        ),
    ]

    @property
    def device_ids(self) -> tuple[str, ...]:
        """The devices, each once."""
        return _each_once(self.device_id)


class Point(BaseModel):
    """The values within one step, all windows weighed by their count; of a gap nothing but `0`."""

    timestamp: Timestamp = Field(description="start of the step")
    count: int
    min: float | None
    average: float | None
    max: float | None
    closed: bool = Field(description="settled: only a late reading can still change it")


class Series(BaseModel):
    """The points of one sensor of one device, the oldest first."""

    device_id: str
    sensor_type: str
    interval_seconds: float | None = Field(description="how long it usually is between two values")
    points: list[Point]


class SeriesResponse(BaseModel):
    """Series over one range, in one step."""

    start: Timestamp = Field(alias="from", description="start of the first step")
    end: Timestamp = Field(alias="to", description="end of the last step")
    step_seconds: int
    window_seconds: int
    settled_until: Timestamp | None
    series: list[Series]


FORMATS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/csv": {}, "application/x-ndjson": {}}},
    304: {"description": "What `If-None-Match` names has not changed."},
}


EXPORTED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/csv": {}, "application/x-ndjson": {}}},
}


def _each_once(names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names.split(",")))
