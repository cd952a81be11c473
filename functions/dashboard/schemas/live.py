"""What the stream of changes is asked for with, and the content of its events."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Final

from pydantic import BaseModel, Field

from functions.dashboard.live.events import LiveEvent
from functions.dashboard.live.interest import Interest, Kind
from functions.dashboard.schemas.alerts import Alert, shown
from functions.dashboard.schemas.parameters import NoParameters
from functions.dashboard.schemas.public_dead_letter import without_details
from functions.dashboard.schemas.responses import Aggregate, DeadLetter, Device
from shared.mongo.collections import Document
from shared.readings.windows import is_closed

MOST_DEVICES: Final = 100
_KIND: Final = f"({'|'.join(Kind)})"
_DEVICE: Final = r"[A-Za-z0-9._:-]{1,128}"


class EventParameters(NoParameters):
    """What to be told of, and where to go on."""

    types: Annotated[
        str | None,
        Field(
            pattern=rf"^{_KIND}(,{_KIND}){{0,9}}$",
            description="one or several, separated by commas; default all",
        ),
    ] = None
    device_id: Annotated[
        str | None,
        Field(
            pattern=rf"^{_DEVICE}(,{_DEVICE}){{0,{MOST_DEVICES - 1}}}$",
            description="one or several, separated by commas; dead letters are of no device",
        ),
    ] = None
    after: Annotated[
        str | None,
        Field(max_length=64, description="the `id` of the last event, as `Last-Event-ID` has it"),
    ] = None

    @property
    def interest(self) -> Interest:
        """What the client is told of."""
        kinds = self.types.split(",") if self.types else list(Kind)
        devices = self.device_id.split(",") if self.device_id else []
        return Interest(frozenset(Kind(kind) for kind in kinds), frozenset(devices))


class Shown:
    """How rows are shown now: with how far windows are settled, and of dead letters how much."""

    def __init__(self, now: datetime, horizon: datetime | None, *, details: bool) -> None:
        self._now = now
        self._horizon = horizon
        self._details = details

    def event_of(self, kind: Kind, row: Document) -> LiveEvent:
        """Return the event that tells of a row: the row as the lists show it."""
        device_id = row["_id"] if kind is Kind.DEVICE else row.get("device_id")
        return LiveEvent(kind, device_id, _SHAPES[kind](self, row).model_dump_json())

    def window(self, row: Document) -> BaseModel:
        """Return a window as `/aggregated` shows it."""
        closed = is_closed(row["timestamp"], row["window_seconds"], self._horizon)
        return Aggregate.model_validate({**row, "closed": closed})

    def alert(self, row: Document) -> BaseModel:
        """Return an alert as `/alerts` shows it."""
        return Alert.model_validate(shown(row, self._now))

    def dead_letter(self, row: Document) -> BaseModel:
        """Return a dead letter as `/dead-letters` shows it."""
        return DeadLetter.model_validate(row if self._details else without_details(row))

    def device(self, row: Document) -> BaseModel:
        """Return a device as `/devices` shows it."""
        return Device.model_validate(row)


_SHAPES: Final[Mapping[Kind, Callable[[Shown, Document], BaseModel]]] = MappingProxyType(
    {
        Kind.DEVICE: Shown.device,
        Kind.WINDOW: Shown.window,
        Kind.ALERT: Shown.alert,
        Kind.DEAD_LETTER: Shown.dead_letter,
    }
)
