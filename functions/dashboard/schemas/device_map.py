"""The shapes of the map: which part is asked for, and its cells."""

from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from functions.dashboard.queries.device_map import MOST_NAMED, Box
from functions.dashboard.schemas.parameters import NoParameters
from functions.dashboard.schemas.responses import Row

_DEGREES: Final = r"-?[0-9]{1,3}(\.[0-9]{1,12})?"
_WORLD: Final = Box(-180, -90, 180, 90)


class MapParameters(NoParameters):
    """Which part of the earth."""

    bbox: Annotated[
        str | None,
        Field(
            pattern=rf"^{_DEGREES}(,{_DEGREES}){{3}}$",
            description="west,south,east,north in degrees; default: the whole earth",
        ),
    ] = None

    @model_validator(mode="after")
    def _be_on_earth(self) -> Self:
        box, world = self.box, _WORLD
        if not (
            world.west <= box.west < box.east <= world.east
            and world.south <= box.south < box.north <= world.north
        ):
            raise ValueError("bbox: west before east, within 180; south before north, within 90")
        return self

    @property
    def box(self) -> Box:
        """The part that is asked for."""
        if self.bbox is None:
            return _WORLD
        return Box(*(float(edge) for edge in self.bbox.split(",")))


class MapCell(Row):
    """The devices of a cell of the grid."""

    lat: float = Field(description="the mean of its devices' positions")
    lon: float
    west: float = Field(description="the edges of what it has devices in")
    south: float
    east: float
    north: float
    count: int
    stale: int
    alerting: int = 0
    device_ids: list[str] = Field(
        max_length=MOST_NAMED, description="of its devices, the first by name"
    )


class DeviceMapResponse(Row):
    """The devices that have a position, in cells."""

    cell_degrees: float
    devices: int = Field(description="in this part, 200,000 at most")
    is_cut: bool = Field(description="there are more")
    data: list[MapCell] = Field(description="those with most devices first")
