"""The episode that is being folded: what its levels do to it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from shared.alerts.rules.rule import Rule
from shared.alerts.timeline.episode import Episode, with_change
from shared.alerts.timeline.flaps import Flaps
from shared.alerts.timeline.level_machine import Fired, ids
from shared.alerts.timeline.limits import Limits
from shared.alerts.timeline.track import End, LevelState


def opened(rule: Rule, event: Fired, flaps: Flaps) -> Episode:
    """Return the episode that begins as a level fires; `flaps` has its opening.

    Which level it has is left to `levelled`: several may fire at one moment.
    """
    pending = event.pending
    assert pending.since is not None
    assert pending.peak is not None
    assert pending.peak_at is not None
    return Episode(
        rule_id=rule.rule_id,
        alert_type=rule.alert_type,
        rule_version=rule.version,
        started=pending.since,
        fired=event.at,
        peak=pending.peak,
        peak_at=pending.peak_at,
        severity="",
        rank=-1,
        highest_severity="",
        highest_rank=-1,
        level_changes=(),
        openings=len(flaps.openings),
        opened_by=ids(pending),
        flapping_since=flaps.since,
    )


def joined(episode: Episode, event: Fired, limits: Limits) -> Episode:
    """Return the episode as one more level of it fires; it goes on if it had ended."""
    pending = event.pending
    assert pending.since is not None
    assert pending.peak is not None
    assert pending.peak_at is not None
    if pending.since < episode.started:
        episode = replace(episode, started=pending.since, opened_by=ids(pending))
    return peaked(episode, pending.peak, pending.peak_at, limits)


def peaked(episode: Episode, value: float, at: datetime, limits: Limits) -> Episode:
    """Return the episode with the value as its peak if it is farther beyond the limit.

    Of equal ones the first is the peak.
    """
    ours, theirs = limits.excess(episode.peak), limits.excess(value)
    is_farther = theirs > ours or (theirs == ours and at < episode.peak_at)
    return replace(episode, peak=value, peak_at=at) if is_farther else episode


def levelled(
    episode: Episode, rule: Rule, states: Sequence[LevelState], end: End | None
) -> Episode:
    """Return the episode with the level that its states give, ended where no level is active."""
    active = [rank for rank, state in enumerate(states) if state.is_active]
    if not active:
        assert end is not None
        return _ended(episode, end)
    rank = active[-1]
    fired = states[rank].fired
    assert fired is not None
    name = rule.levels[rank].name
    if not episode.is_open:
        episode = replace(episode, ended=None, end_reason=None, closed_by=())
    elif name == episode.severity:
        return episode if rank == episode.rank else replace(episode, rank=rank)
    elif rank < episode.rank and end is not None:
        fired = max(fired, end.at)
    changes = with_change(episode.level_changes, (fired, name))
    episode = replace(episode, severity=name, rank=rank, level_changes=changes)
    if rank > episode.highest_rank:
        return replace(episode, highest_severity=name, highest_rank=rank)
    return episode


def _ended(episode: Episode, end: End) -> Episode:
    return replace(
        episode,
        ended=end.at,
        end_reason=end.reason,
        closed_by=end.closed_by,
        level_changes=with_change(episode.level_changes, (end.at, None)),
    )
