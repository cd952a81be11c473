"""The stored alerts of one rule and device, and where by them it was not all OK; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.alert.alert_document import episode_of
from shared.alerts.timeline.episode import Episode
from shared.alerts.timeline.sample import Position

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class KnownAlert:
    """A stored alert: its id, its episode, and whether late readings have taken it back."""

    uid: str
    episode: Episode
    is_retracted: bool

    def covers(self, position: Position) -> bool:
        """Return whether the rule was not all OK at the position, by this alert."""
        if self.is_retracted or position[0] < self.episode.started:
            return False
        settled = self.episode.settled
        return settled is None or position < settled

    def ends_by(self, position: Position) -> bool:
        """Return whether it was over, and all OK again, at the position."""
        settled = self.episode.settled
        return settled is not None and settled <= position


def known_alerts(alerts: Iterable[Document], rule_id: str) -> Sequence[KnownAlert]:
    """Return the alerts of a rule, by their start."""
    found = (
        KnownAlert(alert["_id"], episode_of(alert), alert["retracted_reason"] is not None)
        for alert in alerts
        if alert["rule_id"] == rule_id
    )
    return sorted(found, key=lambda one: (one.episode.started, one.uid))


def covering(known: Sequence[KnownAlert], position: Position) -> datetime | None:
    """Return the earliest start of an alert that covers the position, None where none does."""
    return min((one.episode.started for one in known if one.covers(position)), default=None)


def over_by(known: Sequence[KnownAlert], position: Position) -> Sequence[Episode]:
    """Return the episodes that were over at the position, in their order."""
    over = (one.episode for one in known if not one.is_retracted and one.ends_by(position))
    return sorted(over, key=lambda episode: episode.fired)
