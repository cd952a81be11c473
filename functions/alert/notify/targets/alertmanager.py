"""A team's Alertmanager, by its API v2; pure.

It identifies an alert by all of its labels, and ends one that is not told again. So an escalation
ends the old set of labels in the same call, and what lasts is told at each tick, with an end four
ticks ahead: with no process of ours it ends by itself, and with one tick lost it lasts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from functions.alert.notify.notices import is_over, notice_id_of
from functions.alert.notify.targets.target import Message, Request
from functions.alert.notify.targets.told import json_bytes
from shared.times import rfc3339

LASTS: Final = timedelta(minutes=4)  # four ticks
_PATH: Final = "/api/v2/alerts"
_MOST_TEXT: Final = 1_024


@dataclass(frozen=True, slots=True)
class Alertmanager:
    """An Alertmanager; `labels` are added to each alert, for its routing."""

    name: str
    url: str
    labels: Mapping[str, str] = field(default_factory=dict)
    allow_private: bool = False
    keeps_state: bool = field(default=True, init=False)

    @property
    def fingerprint(self) -> str:
        return notice_id_of("alertmanager", self.name, self.url, "")

    def request_of(self, message: Message, now: datetime) -> Request:
        """Return the request that tells the alert as it is, and ends it at its other levels."""
        told = [self._told(message.alert, level, now) for level in _levels_of(message.alert)]
        return self._request(told)

    def request_of_all(self, alerts: Sequence[Mapping[str, Any]], now: datetime) -> Request:
        """Return the request that tells that these alerts last, each at its level."""
        return self._request([self._told(alert, str(alert["severity"]), now) for alert in alerts])

    def _request(self, told: Sequence[Mapping[str, Any]]) -> Request:
        return Request(
            self.url.rstrip("/") + _PATH,
            [("content-type", "application/json")],
            json_bytes_of(told),
            self.allow_private,
        )

    def _told(self, alert: Mapping[str, Any], level: str, now: datetime) -> dict[str, Any]:
        started: datetime = alert["started"]
        lasts = level == alert["severity"] and not is_over(alert)
        labels = {
            **self.labels,
            "alertname": str(alert["alert_type"]),
            "device_id": str(alert["device_id"]),
            "rule_id": str(alert["rule_id"]),
            "sensor": str(alert.get("sensor_type") or ""),
            "severity": level,
        }
        summary = str(alert.get("message") or alert["alert_type"])[:_MOST_TEXT]
        return {
            "labels": {name: value for name, value in labels.items() if value},
            "annotations": {"summary": f"{alert['device_id']}: {summary}"},
            "startsAt": rfc3339(started),
            "endsAt": rfc3339(now + LASTS if lasts else max(now, started)),
        }


def _levels_of(alert: Mapping[str, Any]) -> Sequence[str]:
    """Return the levels that the alert was told at, the one it is at last."""
    now_at = str(alert["severity"])
    changes = alert.get("level_changes") or ()
    names = dict.fromkeys(str(level) for level in map(_level_in, changes) if level)
    return [*(name for name in names if name != now_at), now_at]


def _level_in(change: Mapping[str, Any] | Sequence[Any]) -> object:
    """Return the level of a change, as an alert's document or an episode has it."""
    return change["level"] if isinstance(change, Mapping) else change[1]


def json_bytes_of(told: Sequence[Mapping[str, Any]]) -> bytes:
    """Write the array as JSON."""
    return b"[" + b",".join(json_bytes(one) for one in told) + b"]"
