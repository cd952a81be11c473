"""A reading, in the form in which ingest hands it on and everything behind it reads it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field

from shared.readings.identity import ID_LENGTH, TIME_LENGTH, digest_of, reading_id_of

MAX_MAGNITUDE: Final = 1e100  # sums of any number of such values stay finite doubles
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)  # a window after it still has an end in Python
MAX_MEASUREMENTS: Final = 64


def _plain_zero(number: float) -> float:
    """Return the number, 0.0 for -0.0: two that are equal are one reading, and one document."""
    return number + 0.0


DeviceId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,128}$")]
ClientId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,128}$")]
Value = Annotated[
    float,
    Field(strict=True, allow_inf_nan=False, ge=-MAX_MAGNITUDE, le=MAX_MAGNITUDE),
    AfterValidator(_plain_zero),
]
Latitude = Annotated[
    float, Field(strict=True, allow_inf_nan=False, ge=-90, le=90), AfterValidator(_plain_zero)
]
Longitude = Annotated[
    float, Field(strict=True, allow_inf_nan=False, ge=-180, le=180), AfterValidator(_plain_zero)
]
SensorName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
Measurements = Annotated[dict[SensorName, Value], Field(max_length=MAX_MEASUREMENTS)]

TEMPERATURE: Final = "temperature_c"
HUMIDITY: Final = "humidity"
NAMED_FIELDS: Final = frozenset({TEMPERATURE, HUMIDITY, "lat", "lon"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One device's values at one time, with its identity (see identity.py).

    `ts` is aware UTC. `client_id` is the device's own id for it, or `~` and random digits where the
    device gave neither id nor time. `ts_assigned`: ingest set the time, since the device gave none.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    reading_id: Annotated[str, Field(min_length=ID_LENGTH, max_length=ID_LENGTH)]
    device_id: DeviceId
    ts: Annotated[AwareDatetime, Field(ge=EARLIEST, lt=_LATEST)]
    client_id: Annotated[str, Field(pattern=r"^~?[A-Za-z0-9._:-]{1,128}$")] | None = None
    ts_assigned: bool = False
    temperature_c: Value | None = None
    humidity: Value | None = None
    lat: Latitude | None = None
    lon: Longitude | None = None
    measurements: Measurements | None = None

    def values(self) -> dict[str, float]:
        """Return each sensor's value by its name."""
        values = {} if self.measurements is None else dict(self.measurements)
        if self.temperature_c is not None:
            values[TEMPERATURE] = self.temperature_c
        if self.humidity is not None:
            values[HUMIDITY] = self.humidity
        return values

    @property
    def dedup(self) -> str | None:
        """What makes a retry recognisable where the device sent an id but no time; else None."""
        if not self.ts_assigned or self.client_id is None or self.client_id.startswith("~"):
            return None
        return self.reading_id[TIME_LENGTH:]

    @property
    def is_what_its_id_says(self) -> bool:
        """Whether `reading_id` is the id of this content, and each value has one name."""
        if self.measurements and not NAMED_FIELDS.isdisjoint(self.measurements):
            return False
        sent_ts = None if self.ts_assigned else self.ts
        position = (self.lat, self.lon)
        digest = digest_of(self.device_id, sent_ts, self.client_id, self.values(), position)
        return self.reading_id == reading_id_of(self.ts, digest)
