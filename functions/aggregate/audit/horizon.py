"""Whether the horizon of the refresh stands still although there are readings after it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from functions.aggregate.audit.audit_store import AuditStore
from shared.mongo.collections import Document
from shared.readings.identity import EPOCH
from shared.times import rfc3339

# A process that was killed is followed by the `refresh` tick, which comes every 10 minutes.
_STANDS: Final = timedelta(minutes=15)
_WINDOWS: Final = 3
_LOOK_AGAIN_S: Final = 6.0  # a scan stores its position after each step


@dataclass(frozen=True, slots=True)
class Horizon:
    """How far windows are settled, and how far that is behind the database's clock.

    `is_standing`: readings after it wait for longer than any refresh takes, and nothing moves. An
    audit ends at the horizon, so it says nothing of them.
    """

    at: datetime
    behind: timedelta
    is_standing: bool = False

    def sentence(self) -> str:
        """Return it in one line, for people."""
        state = "stands still" if self.is_standing else "moves"
        hours = self.behind.total_seconds() / 3600
        return f"{'horizon':16}  {state} at {rfc3339(self.at)}, {hours:.1f} h behind its readings"


async def horizon_of(
    store: AuditStore, window_seconds: int, pause: Callable[[float], Awaitable[None]]
) -> Horizon:
    """Return where the horizon is; look twice before it is said to stand still."""
    before = await store.summary()
    at = _position(before)[0]
    first = await store.first_reading_from(at)
    limit = max(_STANDS, _WINDOWS * timedelta(seconds=window_seconds))
    if first is None or store.clock - first < limit + timedelta(seconds=window_seconds):
        return Horizon(at, timedelta(0))
    await pause(_LOOK_AGAIN_S)
    after = await store.summary()
    is_standing = _position(before) == _position(after)
    return Horizon(_position(after)[0], store.clock - first, is_standing)


def _position(summary: Document | None) -> tuple[datetime, datetime]:
    """Return the horizon, and how far a scan that holds it has come."""
    if summary is None:
        return EPOCH, EPOCH
    return summary["horizon"], summary.get("scan", {}).get("position", EPOCH)
