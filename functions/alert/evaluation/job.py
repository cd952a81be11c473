"""What is to be folded anew of a device, and why; pure."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final, Literal, Self

from functions.alert.device_state import DeviceState
from functions.alert.evaluation.watch import Watch
from shared.alerts.timeline.sample import Position
from shared.readings.identity import time_in_id
from shared.readings.reading import Reading

Reason = Literal["late_data", "rules_changed"]
NOTHING_NEW: Final[Position] = (datetime(9999, 1, 1, tzinfo=UTC), "")


@dataclass(frozen=True, slots=True)
class Since:
    """The positions from which on something is new, of event time and of receipt."""

    event: Position = NOTHING_NEW
    receipt: Position = NOTHING_NEW

    def of(self, *, is_of_receipt: bool) -> Position:
        """Return the one that the samples of a rule are ordered by."""
        return self.receipt if is_of_receipt else self.event

    def or_earlier(self, other: "Since") -> Self:
        """Return the earlier of each."""
        event, receipt = min(self.event, other.event), min(self.receipt, other.receipt)
        return replace(self, event=event, receipt=receipt)


@dataclass(slots=True)
class Job:
    """The readings of one device that just came, as stored under their ids; none: time passed.

    `valid_from`: the rules changed from this event time on, and all of them are folded from there.
    """

    device_id: str
    readings: list[Reading] = field(default_factory=list)
    reading_ids: list[str] = field(default_factory=list)
    valid_from: datetime | None = None

    @property
    def reason(self) -> Reason:
        """Why an alert that is no more is taken back."""
        return "late_data" if self.valid_from is None else "rules_changed"

    def is_needed(self, state: DeviceState | None, watch: Watch) -> bool:
        """Return whether anything can follow from it.

        Nothing does where the device is not armed, no reading can be a breach, and each comes after
        the last at which a rule was not all OK.
        """
        if self.valid_from is not None:
            return True
        if state is not None and (state.is_armed or not self.readings):
            return True
        if any(map(watch.is_loud, self.readings)):
            return True
        return state is not None and min(self.reading_ids) <= state.quiet_from

    def since(self, first_received: datetime | None) -> Since:
        """Return from where on something is new; `first_received` where a rule sees receipts."""
        since = Since()
        if self.reading_ids:
            first = _position(min(self.reading_ids))
            received = NOTHING_NEW if first_received is None else (first_received, "")
            since = Since(first, received)
        if self.valid_from is None:
            return since
        return since.or_earlier(Since((self.valid_from, ""), (self.valid_from, "")))

    def last(self) -> Position:
        """Return the event position of the last of what is new."""
        if self.valid_from is not None or not self.reading_ids:
            return NOTHING_NEW
        return _position(max(self.reading_ids))


def _position(reading_id: str) -> Position:
    return time_in_id(reading_id), reading_id
