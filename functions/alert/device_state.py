"""What is remembered of a device whose rules are not all quiet, or once were not; pure.

A device that never broke a limit has none. `rev` grows with every fold that is committed: whoever
commits one says which `rev` it was made from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, NamedTuple, Self

from shared.alerts.timeline.sample import Position
from shared.readings.identity import EPOCH

Document = dict[str, Any]
AT_ONCE: Final = EPOCH  # due: whatever the clock says


class Chain(NamedTuple):
    """The checkpoints of one rule, the oldest first, as documents of tracks; and what is due.

    `due`: the database's time from which the passing of time changes something, or None.
    """

    checkpoints: tuple[Document, ...] = ()
    due: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceState:
    """The state of one device.

    `is_armed`: whoever stores a reading of it folds it. Else only a breach can matter, or a reading
    that is not after `quiet_from`, the id of a reading (ids are in the order of event time).
    `revision`: that of the rules it was folded with. `left`: the positions, of event time and of
    receipt, from which on readings are still to be folded; None where all are. Then no alert is
    stored yet of what goes on there, from `doubtful_from` on. `pending`: the changes of alerts that
    are committed and may not be written out yet.
    """

    device_id: str
    rev: int = 0
    is_armed: bool = True
    quiet_from: str = ""
    revision: int = 0
    chains: Mapping[str, Chain] = field(default_factory=dict)
    left: tuple[Position, Position] | None = None
    doubtful_from: datetime | None = None
    pending: Sequence[Document] = ()

    @property
    def due(self) -> datetime | None:
        """When a tick has to look at it, by the database's clock."""
        if self.pending or self.left is not None:
            return AT_ONCE
        return min((one.due for one in self.chains.values() if one.due is not None), default=None)

    def armed(self) -> Self:
        """Return it armed, as the next revision."""
        return replace(self, rev=self.rev + 1, is_armed=True)

    def written_out(self) -> Self:
        """Return the same revision with nothing pending."""
        return replace(self, pending=())

    def to_document(self) -> Document:
        """Return it as it is stored; `next_due` is there where it is due at some time."""
        document: Document = {
            "_id": self.device_id,
            "rev": self.rev,
            "armed": self.is_armed,
            "quiet_from": self.quiet_from,
            "rules": self.revision,
            "tracks": [
                {"rule_id": rule_id, "checkpoints": list(one.checkpoints), "due": one.due}
                for rule_id, one in sorted(self.chains.items())
            ],
            "left": None if self.left is None else [list(one) for one in self.left],
            "doubtful_from": self.doubtful_from,
            "pending": list(self.pending),
        }
        if self.due is not None:
            document["next_due"] = self.due
        return document

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Return what `to_document` wrote."""
        left = document["left"]
        return cls(
            device_id=document["_id"],
            rev=document["rev"],
            is_armed=document["armed"],
            quiet_from=document["quiet_from"],
            revision=document["rules"],
            chains={
                one["rule_id"]: Chain(tuple(one["checkpoints"]), one["due"])
                for one in document["tracks"]
            },
            left=None if left is None else (tuple(left[0]), tuple(left[1])),
            doubtful_from=document["doubtful_from"],
            pending=document["pending"],
        )
