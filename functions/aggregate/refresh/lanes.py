"""The two lanes of a shard: live readings, and those of windows that were settled before.

A live pass begins with a write, the lease: what was acknowledged before it is counted or noted late
when the pass is complete, and so its clock moves the horizon. The late lane moves nothing. Notes
are deleted last, so that a crash anywhere leaves work to be done again, never work undone.
"""

from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Final

from functions.aggregate.refresh.seen import Noted
from functions.aggregate.refresh.slices import breathe
from functions.aggregate.refresh.work import Refresh
from functions.aggregate.store.note import LATE, LIVE, Lane
from functions.aggregate.store.notes import Notes
from functions.aggregate.store.state import State, shard_id
from functions.aggregate.window_summary import settled_until
from shared import metrics
from shared.mongo.database import Session
from shared.mongo.reading_store import clock_of
from shared.readings.identity import EPOCH

STEP: Final = 10_000  # readings counted at once
FIRST_PAGE: Final = 20  # notes, while it is not known how many readings one has
MAX_PAGE: Final = 200  # of 500 readings each: 25 MB


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What one pass or step did: notes and readings counted, and whether no note is left.

    `horizon` is that of the shard, after a live pass.
    """

    readings: int
    notes: int
    is_drained: bool
    horizon: datetime = EPOCH


async def live_pass(this: Refresh, shards: int, shard: int) -> Refreshed | None:
    """Count all live notes of a shard that were written before, and move its horizon.

    None: another process has the lease. Raise TemporaryError where the database fails; what was
    done until then stays done.
    """
    lane, state_id = Lane(LIVE, shards, shard), shard_id(this.width, shards, shard)
    async with this.database.client.start_session(causal_consistency=True) as session:
        state = await this.leases.take(session, state_id)
        if state is None:
            return None
        clock = clock_of(session)
        readings = notes = 0
        after, is_drained = "", False
        while not is_drained:
            step = await _step(this, session, lane, after, clock)
            readings += step.noted.count
            notes += len(step.note_ids)
            after, is_drained = step.last, step.is_short
        horizon = settled_until(clock, this.width, this.settings.aggregate_grace_seconds)
        if horizon > state["horizon"]:
            store = State(this.database, session, this.width)
            await store.advance(state_id, horizon)
            await store.summarise(this.settings.aggregate_shards)
    return Refreshed(readings, notes, is_drained, max(horizon, state["horizon"]))


async def late_step(this: Refresh, shards: int, shard: int) -> Refreshed:
    """Count some late notes of a shard, the oldest first.

    Raise TemporaryError where the database fails; what was done until then stays done.
    """
    lane = Lane(LATE, shards, shard)
    async with this.database.client.start_session(causal_consistency=True) as session:
        step = await _step(this, session, lane, "", None)
    return Refreshed(step.noted.count, len(step.note_ids), step.is_short)


@dataclass(slots=True)
class _Step:
    noted: Noted
    note_ids: list[str]
    last: str
    is_short: bool = False  # no note follows


async def _step(
    this: Refresh, session: Session, lane: Lane, after: str, clock: datetime | None
) -> _Step:
    notes = Notes(this.database, session, this.width)
    step = await _gather(this, notes, lane, after, clock)
    if step.note_ids:
        await this.counting(session).count(step.noted)
        await notes.delete(step.note_ids)
        metrics.readings_folded.labels(lane.name).inc(step.noted.count)
    return step


async def _gather(
    this: Refresh, notes: Notes, lane: Lane, after: str, clock: datetime | None
) -> _Step:
    """Read notes from `after` on, page by page, until enough readings are there."""
    step = _Step(Noted(this.width), [], after)
    limit = FIRST_PAGE
    since = perf_counter()
    while step.noted.count < STEP and not step.is_short:
        page = await notes.page(lane, step.last, clock, limit)
        for note in page:
            readings, pairs = note.decoded()
            for reading in readings:
                step.noted.add(reading)
            for pair in pairs:
                step.noted.name(pair)
            step.note_ids.append(note.note_id)
            step.last = note.note_id
            since = await breathe(since)
        step.is_short = len(page) < limit
        average = max(step.noted.count / max(len(step.note_ids), 1), 1.0)
        limit = round(min(max((STEP - step.noted.count) / average, FIRST_PAGE), MAX_PAGE))
    return step
