"""The document of an alert: its episode, and what is kept beside it when the episode changes; pure.

Shown are `value` (the peak), `timestamp` (its start), `severity` (the level now; when it is over,
the highest) and `status`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import TypeAdapter

from shared.alerts.acknowledgement import standing
from shared.alerts.rules.history import RuleHistory
from shared.alerts.rules.message import message_of
from shared.alerts.rules.rule import Rule
from shared.alerts.status import status_of
from shared.alerts.timeline.episode import Episode

Document = dict[str, Any]
KEPT_AMENDMENTS: Final = 50
KEPT_CAUSES: Final = 20
LASTS: Final = datetime(9999, 1, 1, tzinfo=UTC)  # `until` of an alert that goes on
_EPISODE: Final = TypeAdapter(Episode)
_NAMES: Final = tuple(field.name for field in fields(Episode))
_TOLD: Final = ("started", "fired", "ended", "peak", "severity", "retracted_reason")


def rule_of(history: RuleHistory, episode: Episode) -> Rule:
    """Return the version of the rule by which the episode fired."""
    versions = (rule for _, rule in history.steps if rule is not None)
    return next(rule for rule in versions if rule.version == episode.rule_version)


def timeline_of(device_id: str, rule: Rule, episode: Episode, until: datetime | None) -> Document:
    """Return the fields of an alert that follow from its episode, and from nothing else.

    `rule` is the version by which it fired; after `until` it is past for every fold, None where it
    goes on.
    """
    timeline: Document = _EPISODE.dump_python(episode)
    shown = episode.severity if episode.is_open else episode.highest_severity
    return {
        **timeline,
        "device_id": device_id,
        "sensor_type": rule.sensor,
        "value": episode.peak,
        "severity": shown,
        "message": message_of(rule, episode.peak),
        "timestamp": episode.started,
        "is_flapping": episode.is_flapping,
        "until": until or LASTS,
        "retracted_reason": None,
    }


def retraction_of(reason: str, reading_ids: Sequence[str]) -> Document:
    """Return the fields of an alert that never was: why, and by which readings that is known."""
    return {"retracted_reason": reason, "retracted_by": list(reading_ids[:KEPT_CAUSES])}


def episode_of(alert: Mapping[str, Any]) -> Episode:
    """Return the episode that a stored alert is of."""
    timeline = {name: alert[name] for name in _NAMES}
    if timeline["ended"] is not None:
        levels = [level for _, level in alert["level_changes"] if level is not None]
        timeline["severity"] = levels[-1]  # shown is the highest
    episode: Episode = _EPISODE.validate_python(timeline)
    return episode


def merged(
    stored: Mapping[str, Any] | None, change: Mapping[str, Any], rev: int, clock: datetime
) -> Document:
    """Return the alert's document after a change that was committed as `rev`.

    Kept is what is no part of the timeline: when it was first stored, what operators did, and the
    trail of changes. `clock` is the database's time.
    """
    before: Mapping[str, Any] = stored or {"_id": change["uid"], "created_at": clock, "version": 0}
    alert: Document = {
        **before,
        **change["timeline"],
        "late_opened": before.get("late_opened", change["kind"] == "late_opened"),
        "state_rev": rev,
        "version": before["version"] + 1,
        "updated_at": clock,
    }
    alert["acknowledgement"] = standing(alert)
    alert["status"] = status_of(alert)
    trail = before.get("amended", [])
    if stored is not None:
        trail = [*trail, _amendment(before, alert, change["kind"], clock)][-KEPT_AMENDMENTS:]
    alert["amended"] = trail
    return alert


def _amendment(
    before: Mapping[str, Any], after: Mapping[str, Any], kind: str, clock: datetime
) -> Document:
    """Return what a change did: the fields that people are told, as they were before it."""
    changed = {name: before[name] for name in _TOLD if before[name] != after[name]}
    was_flapping = before["is_flapping"]
    return {"at": clock, "kind": kind, "before": changed, "was_flapping": was_flapping}
