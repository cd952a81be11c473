"""The state of one rule for one device after a sample: what a fold goes on from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from pydantic import ConfigDict, TypeAdapter

from shared.alerts.timeline.episode import EndReason, Episode
from shared.alerts.timeline.flaps import STEADY, Flaps
from shared.alerts.timeline.sample import Position

Phase = Literal["ok", "pending", "firing", "resolving"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelState:
    """The state of one level.

    `since`: the first breach of `pending`, the first clear reading of `resolving`; `first_id` and
    `last_id` the readings from there. `count`: the breaches of `pending`. `peak`: the value
    farthest beyond the limit of these.
    `fired`: since when it fires, of `firing` and `resolving`.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    phase: Phase = "ok"
    since: datetime | None = None
    first_id: str = ""
    last_id: str = ""
    count: int = 0
    peak: float | None = None
    peak_at: datetime | None = None
    fired: datetime | None = None

    @property
    def is_active(self) -> bool:
        """Whether an alert stands on it."""
        return self.fired is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The latest end of a level of an episode."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    at: datetime
    reason: EndReason
    closed_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """The state after the sample at `position`, before any bound of time was applied.

    `value`: what that sample said, for rules of change. `held_at`: the last time at which the
    levels saw a value, where one of them is not OK. `levels`: the levels that are not OK.
    `episode`: the one that goes on, or that has ended and can go on since a level is pending from
    before; `end` the latest end of a level of it. `flaps`: the last openings of the rule's alerts.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    position: Position | None = None
    value: float | None = None
    held_at: datetime | None = None
    levels: tuple[tuple[str, LevelState], ...] = ()
    episode: Episode | None = None
    end: End | None = None
    flaps: Flaps = STEADY

    @property
    def is_quiet(self) -> bool:
        """Whether all levels are OK and no episode can go on."""
        return not self.levels and self.episode is None

    def to_document(self) -> dict[str, Any]:
        """Return it as plain values and times, without what is empty; equal tracks are equal."""
        document: dict[str, Any] = _TRACK.dump_python(self, exclude_defaults=True)
        return document

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Track":
        """Return the track of which `to_document` made this; raise ValueError for anything else."""
        return _TRACK.validate_python(document)


OK: Final = LevelState()
START: Final = Track()
_TRACK: Final = TypeAdapter(Track)
