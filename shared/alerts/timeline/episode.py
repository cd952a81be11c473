"""One alert as the fold knows it: an episode, from the firing of a level until all are over."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from pydantic import ConfigDict

from shared.alerts.timeline.sample import Position

EndReason = Literal["recovered", "no_data", "rule_removed"]
LevelChange = tuple[datetime, str | None]
LATEST_CHANGES: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One episode of one rule for one device.

    `started` is the first breach, `fired` when that had lasted long enough, `ended` the first clear
    reading (None: it goes on). `severity` is the level now, of an ended episode the last one;
    `rank` its place among the rule's levels, from 0; `highest_severity`, `highest_rank` likewise.
    `level_changes`: from when on which level held, None from the end on; the first, and the last
    50. `openings` counts the rule's episodes that fired within `flap_within` up to this one, and no
    further than one beyond `flap_openings`; `flapping_since`: when it fired that made them flap.
    `opened_by`: the first breach, and the reading with which it fired; `closed_by`: the first clear
    reading, and the one with which that had lasted. `settled`: the first position after `ended`
    after which the rule is all OK, if there is one: a point from which a fold can start.
    `rule_version` is that of the firing, `peak` the value farthest beyond the limit.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    rule_id: str
    alert_type: str
    rule_version: int
    started: datetime
    fired: datetime
    peak: float
    peak_at: datetime
    severity: str
    rank: int
    highest_severity: str
    highest_rank: int
    level_changes: tuple[LevelChange, ...]
    openings: int
    opened_by: tuple[str, ...]
    ended: datetime | None = None
    end_reason: EndReason | None = None
    closed_by: tuple[str, ...] = ()
    settled: Position | None = None
    flapping_since: datetime | None = None

    @property
    def is_flapping(self) -> bool:
        """Whether it is one of many that fire in a short time."""
        return self.flapping_since is not None

    @property
    def is_open(self) -> bool:
        """Whether it goes on, as far as is known."""
        return self.ended is None


def with_change(changes: tuple[LevelChange, ...], change: LevelChange) -> tuple[LevelChange, ...]:
    """Return the level changes with one more: the first, and the last 50, in order of time.

    Of two levels of one time the second is the one; but the last that held stays before an end.
    """
    while change[1] is not None and len(changes) > 1 and changes[-1][0] == change[0]:
        changes = changes[:-1]
    added = (*changes, change)
    return added if len(added) <= LATEST_CHANGES + 1 else (added[0], *added[-LATEST_CHANGES:])
