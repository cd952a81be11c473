"""Whether a process has nothing left to refresh, by what its rounds have found."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

STAY_S: Final = 20.0  # longer than a lease: what a killed process held is free by then
_LAST: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class Quiet:
    """How often work was wanted, and up to which of these times each lane has found none."""

    wants: int = 0
    is_scanned: bool = False
    has_made_hours: bool = False
    _wanted_at: float = field(default_factory=time.monotonic)
    _live: int = -1
    _late: int = -1
    _horizon: datetime | None = None

    def wanted(self) -> None:
        self.wants += 1
        self._wanted_at = time.monotonic()

    def has_more(self) -> None:
        """Take in that there are new shards to look at: what was found before is not of them."""
        self.wants += 1

    def live_round_begins(self) -> int:
        """Return `wants` as it is now. Until the round has ended, it may find something."""
        self._live = -1
        return self.wants

    def late_round_begins(self) -> int:
        """Return `wants` as it is now. Until the round has ended, it may find something."""
        self._late = -1
        return self.wants

    def live_round(self, wants: int, notes: int, horizons: Sequence[datetime]) -> None:
        """Take in what a live round found that began when `wants` was this."""
        self._live = -1 if notes else wants
        self._horizon = min(horizons, default=_LAST)

    def late_round(self, wants: int, notes: int) -> None:
        """Take in what a late round found that began when `wants` was this."""
        self._late = -1 if notes else wants

    def settled_until(self) -> datetime | None:
        """Return the horizon of a process that has nothing to do; None where it may have."""
        is_done = self.is_scanned and self.has_made_hours
        is_quiet = self.wants == self._live == self._late and is_done
        stays = time.monotonic() - self._wanted_at < STAY_S
        return self._horizon if is_quiet and not stays else None
