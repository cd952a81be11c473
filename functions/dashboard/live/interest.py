"""What a client wants to be told of, and what has changed; pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What changes, as clients name it; the name of the event."""

    DEVICE = "device"
    WINDOW = "window"
    ALERT = "alert"
    DEAD_LETTER = "dead_letter"


@dataclass(frozen=True, slots=True)
class Change:
    """A row that was written; all that is told of it is what is stored when it is read."""

    kind: Kind
    row_id: str

    @property
    def device_id(self) -> str | None:
        """The device it is about, as far as its id says: no device's id has a slash."""
        if self.kind in (Kind.DEVICE, Kind.WINDOW):
            return self.row_id.partition("/")[0]
        return None


@dataclass(frozen=True, slots=True)
class Interest:
    """Kinds of changes, and devices; no device is named where those of all are wanted."""

    kinds: frozenset[Kind]
    device_ids: frozenset[str] = frozenset()

    def wants(self, kind: Kind, device_id: str | None) -> bool:
        """Return whether it is wanted; what is of no known device is."""
        if kind not in self.kinds:
            return False
        return not self.device_ids or device_id is None or device_id in self.device_ids

    def among(self, changes: Iterable[Change]) -> Iterator[Change]:
        """Yield those changes that are wanted, as far as their ids say."""
        return (one for one in changes if self.wants(one.kind, one.device_id))
