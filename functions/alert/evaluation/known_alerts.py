"""The stored alerts of one rule and device, and where by them it was not all OK; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from functions.alert.alert_document import episode_of
from shared.alerts.timeline.episode import Episode
from shared.alerts.timeline.sample import Position
from shared.alerts.timeline.track import Track
from shared.readings.identity import time_in_id

Document = dict[str, Any]
_AFTER_ALL_IDS: Final = "~"


@dataclass(frozen=True, slots=True)
class KnownAlert:
    """A stored alert: its id, its episode, and whether late readings have taken it back."""

    uid: str
    episode: Episode
    is_retracted: bool

    def covers(self, position: Position, clear_hold: timedelta) -> bool:
        """Return whether the rule may not have been all OK at the position, by this alert."""
        if self.is_retracted or position[0] < self.episode.started:
            return False
        over = over_at(self.episode, clear_hold)
        return over is None or position < over

    def is_past(self, position: Position, track: Track) -> bool:
        """Return whether it was over at the position, with this track there: nothing changes it."""
        if self.episode.settled is not None:
            return self.episode.settled <= position
        if self.episode.ended is None or self.episode.ended > position[0]:
            return False
        return track.episode is None or track.episode.started != self.episode.started


def over_at(episode: Episode, clear_hold: timedelta) -> Position | None:
    """Return a position at which no level of the episode is active any more; None: it goes on.

    Where it did not settle, since another level was pending by then, it was over when its last
    level had been clear for `clear_hold`, by time or by a reading.
    """
    if episode.settled is not None or episode.ended is None:
        return episode.settled
    closed = [time_in_id(reading_id) for reading_id in episode.closed_by[-1:]]
    return max([episode.ended + clear_hold, *closed]), _AFTER_ALL_IDS


def known_alerts(alerts: Iterable[Document], rule_id: str) -> Sequence[KnownAlert]:
    """Return the alerts of a rule, by their start."""
    found = (
        KnownAlert(alert["_id"], episode_of(alert), alert["retracted_reason"] is not None)
        for alert in alerts
        if alert["rule_id"] == rule_id
    )
    return sorted(found, key=lambda one: (one.episode.started, one.uid))


def covering(
    known: Sequence[KnownAlert], position: Position, clear_hold: timedelta
) -> datetime | None:
    """Return the earliest start of an alert that covers the position, None where none does."""
    starts = (one.episode.started for one in known if one.covers(position, clear_hold))
    return min(starts, default=None)


def over_by(
    known: Sequence[KnownAlert], position: Position, clear_hold: timedelta
) -> Sequence[Episode]:
    """Return the episodes that were over at the position, in their order."""
    over = (
        one.episode
        for one in known
        if not one.is_retracted
        and one.episode.fired <= position[0]
        and not one.covers(position, clear_hold)
    )
    return sorted(over, key=lambda episode: (episode.fired, over_at(episode, clear_hold)))
