"""Which devices a list has, and in which order."""

from typing import Annotated, Final, Literal

from pydantic import Field, field_validator
from pydantic_core.core_schema import ValidationInfo

from functions.dashboard.queries.device_lists import DeviceOrder
from functions.dashboard.schemas.parameters import Ranged

_BY_TIME: Final = ("online", "stale")
_OF_OTHER_TIMES: Final = (DeviceOrder.FIRST_SEEN, DeviceOrder.DEVICE_ID)


class DeviceParameters(Ranged):
    """The time range is that of the first reading."""

    order: Annotated[
        DeviceOrder | None,
        Field(description="default first_seen; of the states online and stale, last_seen"),
    ] = None
    search: Annotated[
        str | None,
        Field(pattern=r"^[A-Za-z0-9._:-]{1,128}$", description="a part of the id, in any case"),
    ] = None
    state: Annotated[
        Literal["online", "stale", "alerting"] | None,
        Field(description="with a reading of late, without one, or with an open alert"),
    ] = None

    @field_validator("order")
    @classmethod
    def _has_the_time_of_the_range(
        cls, order: DeviceOrder | None, info: ValidationInfo
    ) -> DeviceOrder | None:
        ranged = info.data.get("start") or info.data.get("end")
        if ranged is not None and order not in (None, DeviceOrder.FIRST_SEEN):
            raise ValueError("cannot be combined with `from` and `to`, but for first_seen")
        return order

    @field_validator("state")
    @classmethod
    def _has_an_order_by_its_time(cls, state: str | None, info: ValidationInfo) -> str | None:
        if state not in _BY_TIME:
            return state
        if info.data.get("start") is not None or info.data.get("end") is not None:
            raise ValueError("online and stale cannot be combined with `from` and `to`")
        if info.data.get("order") in _OF_OTHER_TIMES:
            raise ValueError("online and stale go with the orders last_seen and longest_silent")
        return state

    @property
    def chosen_order(self) -> DeviceOrder:
        """The order that is given, or the one that goes with the state."""
        default = DeviceOrder.LAST_SEEN if self.state in _BY_TIME else DeviceOrder.FIRST_SEEN
        return self.order or default
