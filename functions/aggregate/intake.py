"""What must have happened before an event of readings is acknowledged? They are stored, and each
window that was over by then has a note.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from functions.aggregate.store.views import note_late_windows
from functions.aggregate.window_summary import is_over, window_start_of
from shared import metrics
from shared.mongo.database import Database
from shared.mongo.reading_store import Incoming, keep


async def keep_and_note(
    database: Database,
    incoming: Sequence[Incoming],
    window_seconds: int,
    retention: timedelta | None = None,
) -> frozenset[str]:
    """Store the readings that are not there, note the windows that are over by the database's
    clock.

    A window that is not over needs no note: the refresh that settles it reads at a later time of
    that clock, and sees the readings. The grace does not enter here, so processes with different
    grace may write side by side. Raises TemporaryError where the database fails; doing it again
    completes it.
    """
    async with database.client.start_session(causal_consistency=True) as session:
        kept = await keep(database, session, incoming, retention)
        late: dict[datetime, set[str]] = {}
        for one in incoming:
            stored = kept.stored_as.get(one.reading.reading_id)
            if stored is None:
                continue
            start = window_start_of(stored.ts, window_seconds)
            if is_over(start, window_seconds, kept.clock):
                late.setdefault(start, set()).add(one.reading.device_id)
        if late:
            await note_late_windows(database, session, late, window_seconds)
            metrics.late_windows_noted.inc(len(late))
        return kept.too_late
