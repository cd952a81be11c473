"""The machine of one level: OK, pending, firing, resolving, by readings and by time that passes.

The states and their changes are those of Prometheus (`for`, `keep_firing_for`), in event time.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.alerts.rules.rule import Level, Zone, zone
from shared.alerts.timeline.episode import EndReason
from shared.alerts.timeline.limits import Limits
from shared.alerts.timeline.sample import Sample
from shared.alerts.timeline.track import OK, End, LevelState


@dataclass(frozen=True, slots=True)
class Fired:
    """A level fires: what it was pending for, and since when it does."""

    pending: LevelState
    at: datetime


Event = Fired | End


def due_of(level: Level, state: LevelState) -> datetime | None:
    """Return when time alone changes the state, given that the last value holds until then."""
    if state.since is None or (state.phase == "pending" and state.count < level.min_count):
        return None
    return state.since + (level.hold if state.phase == "pending" else level.clear_hold)


def when_due(state: LevelState, at: datetime) -> tuple[LevelState, Event]:
    """Return the state and the event after the time at which it was due."""
    return _firing(state, at) if state.phase == "pending" else _over(state)


def after_silence(state: LevelState) -> LevelState:
    """Return the state when the last value is too old to hold.

    Silence proves neither a breach nor a recovery.
    """
    if state.phase == "pending":
        return OK
    return _firing_again(state) if state.phase == "resolving" else state


def ended_at(state: LevelState, at: datetime, reason: EndReason) -> End:
    """Return the end of an active level that no reading ends; never before it fired."""
    assert state.fired is not None
    return End(at=max(at, state.fired), reason=reason, closed_by=())


def after_sample(
    level: Level, state: LevelState, sample: Sample, limits: Limits
) -> tuple[LevelState, Event | None]:
    """Return the state after a sample, when the time before it has passed, and what came of it."""
    found = zone(level, sample.value)
    if found is Zone.BREACH:
        if state.is_active:
            return (state if state.phase == "firing" else _firing_again(state)), None
        return _after_breach(level, state, sample, limits)
    if not state.is_active:
        return OK, None
    if found is Zone.DEAD_BAND:
        return _firing_again(state) if state.phase == "resolving" else state, None
    return _after_clear(level, state, sample)


def _after_breach(
    level: Level, state: LevelState, sample: Sample, limits: Limits
) -> tuple[LevelState, Event | None]:
    pending = _pending(state, sample, limits)
    fires_at = due_of(level, pending)
    if fires_at is None or fires_at > sample.ts:
        return pending, None
    return _firing(pending, sample.ts)


def _pending(state: LevelState, sample: Sample, limits: Limits) -> LevelState:
    ts, reading_id, value = sample
    if state.phase == "ok":
        return LevelState(
            phase="pending",
            since=ts,
            first_id=reading_id,
            last_id=reading_id,
            count=1,
            peak=value,
            peak_at=ts,
        )
    assert state.peak is not None
    if limits.excess(value) > limits.excess(state.peak):
        state = replace(state, peak=value, peak_at=ts)
    return replace(state, count=state.count + 1, last_id=reading_id)


def _after_clear(
    level: Level, state: LevelState, sample: Sample
) -> tuple[LevelState, Event | None]:
    ts, reading_id, _ = sample
    if state.phase == "firing":
        state = replace(state, phase="resolving", since=ts, first_id=reading_id)
    state = replace(state, last_id=reading_id)
    assert state.since is not None
    return _over(state) if ts - state.since >= level.clear_hold else (state, None)


def _firing(pending: LevelState, at: datetime) -> tuple[LevelState, Event]:
    return LevelState(phase="firing", fired=at), Fired(pending, at)


def _firing_again(state: LevelState) -> LevelState:
    return LevelState(phase="firing", fired=state.fired)


def _over(state: LevelState) -> tuple[LevelState, Event]:
    assert state.since is not None
    return OK, End(at=state.since, reason="recovered", closed_by=ids(state))


def ids(state: LevelState) -> tuple[str, ...]:
    """Return the first and the last reading of the state, once where they are one."""
    first, last = state.first_id, state.last_id
    return (first,) if first == last else (first, last)
