"""The intake of aggregate: readings are stored and noted before their event is acknowledged."""

from collections.abc import Sequence
from datetime import timedelta

from functions.aggregate.store.note import LATE, LIVE, NewNotes
from functions.aggregate.store.notes import write_notes
from functions.aggregate.store.pairs import Pair
from functions.aggregate.store.readings import FIELDS
from functions.aggregate.window_summary import settled_until
from shared import metrics
from shared.mongo.database import Database
from shared.mongo.reading_store import Incoming, document_of, keep
from shared.readings.windows import window_start_of
from shared.settings import AggregateSettings


async def keep_and_note(
    database: Database,
    incoming: Sequence[Incoming],
    settings: AggregateSettings,
    retention: timedelta | None = None,
) -> frozenset[str]:
    """Store the readings that are not there, then note all of them as still to be counted.

    Also those that were found stored: nobody may have noted them. A note goes to the late lane
    where its window is settled by the database's clock, and to the live lane otherwise.
    Return the ids of readings that are too late to be counted. Raise TemporaryError where the
    database fails; doing it again completes it.
    """
    width = settings.aggregate_window_seconds
    async with database.client.start_session(causal_consistency=True) as session:
        kept = await keep(database, session, incoming, retention, width)
        settled = settled_until(kept.clock, width, settings.aggregate_grace_seconds)
        new = NewNotes(settings.aggregate_shards)
        late = set()
        for one in {one.reading.reading_id: one for one in incoming}.values():
            stored = kept.stored_as.get(one.reading.reading_id)
            if stored is None:
                continue
            lane = LIVE if stored.ts >= settled else LATE
            if lane == LATE:
                late.add(window_start_of(stored.ts, width))
            if stored.is_this_copy:
                document = document_of(one)
                new.add(lane, {n: v for n, v in document.items() if n not in FIELDS})
            else:
                start = window_start_of(stored.ts, width)
                new.add_pair(lane, Pair(one.reading.device_id, start))
        if new:
            await write_notes(database, session, new, width, kept.clock)
            metrics.late_windows_noted.inc(len(late))
        return kept.too_late
