"""Rules and alerts as Prometheus lists them, and alerts and silences as Alertmanager does; pure.

https://prometheus.io/docs/prometheus/latest/querying/api/#rules and Alertmanager's
api/v2/openapi.yaml. Labels: `alertname` (the rule), `device_id`, `sensor`, `severity`.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from functions.dashboard.prometheus.labels import NAME
from functions.dashboard.prometheus.selection import alert_labels
from shared.alerts.rules.history import RuleHistory
from shared.alerts.rules.rule import Level, Rule
from shared.alerts.silences import covers, is_in_force
from shared.times import rfc3339

Document = Mapping[str, Any]
RECEIVER: Final = {"name": "iot-telemetry"}
_ENDS_IN: Final = timedelta(minutes=5)  # an open alert is over if nobody says anything for so long
_OURS: Final = {
    "alertname": "rule_id",
    "device_id": "device_id",
    "sensor": "sensor_type",
    "severity": "severity",
}
_THEIRS: Final = {ours: theirs for theirs, ours in _OURS.items()}
_STATES: Final = {"scheduled": "pending", "active": "active", "ended": "expired"}


class Unmatchable(Exception):  # noqa: N818 - an outcome, not a fault of ours
    """A matcher that our silences cannot express; the message says which can."""


class PostedMatcher(BaseModel):
    """What a label must be."""

    model_config = ConfigDict(frozen=True)

    name: str
    value: str
    is_regex: Annotated[bool, Field(alias="isRegex")] = False
    is_equal: Annotated[bool, Field(alias="isEqual")] = True


class PostedSilence(BaseModel):
    """A silence as Alertmanager's clients post it."""

    model_config = ConfigDict(frozen=True)

    id: str | None = None
    matchers: Annotated[tuple[PostedMatcher, ...], Field(min_length=1, max_length=10)]
    starts_at: Annotated[str, Field(alias="startsAt", max_length=64)]
    ends_at: Annotated[str, Field(alias="endsAt", max_length=64)]
    created_by: Annotated[str, Field(alias="createdBy", max_length=128)] = ""
    comment: Annotated[str, Field(max_length=1000)] = ""


def labels_of(alert: Document) -> dict[str, str]:
    """Return an alert's labels without those of the series."""
    own = (pair for pair in alert_labels(alert) if pair[0] not in (NAME, "alertstate"))
    return dict(own)


def groups_of(
    histories: Mapping[str, RuleHistory], alerts: Sequence[Document]
) -> Sequence[Mapping[str, Any]]:
    """Return the rules that are in force, a rule of Prometheus for each level."""
    current = (history.steps[-1][1] for history in histories.values() if history.steps)
    rules = [
        _rule(rule, level, alerts) for rule in current if rule is not None for level in rule.levels
    ]
    if not rules:
        return []
    named = {"name": "iot-telemetry", "file": "alert_rules", "interval": 60}
    return [{**named, "rules": rules, "limit": 0, "evaluationTime": 0}]


def _rule(rule: Rule, level: Level, alerts: Iterable[Document]) -> Mapping[str, Any]:
    own = [
        one
        for one in alerts
        if one.get("rule_id") == rule.rule_id and one["severity"] == level.name
    ]
    return {
        "type": "alerting",
        "state": "firing" if own else "inactive",
        "name": rule.rule_id,
        "query": _query(rule, level),
        "duration": level.hold.total_seconds(),
        "keepFiringFor": level.clear_hold.total_seconds(),
        "labels": {"severity": level.name},
        "annotations": {"summary": rule.summary} if rule.summary else {},
        "health": "ok",
        "lastError": "",
        "alerts": [firing(one) for one in own],
    }


def _query(rule: Rule, level: Level) -> str:
    """Return the limits as an expression, for people to read; it is evaluated on readings."""
    if rule.timeout is not None:
        return f"seconds without a reading > {rule.timeout.total_seconds():g}"
    what = f"change per second of {rule.sensor}" if rule.kind == "rate" else f"{rule.sensor}"
    limits = [f"{what} > {level.high:g}"] if level.high is not None else []
    limits += [f"{what} < {level.low:g}"] if level.low is not None else []
    return " or ".join(limits)


def firing(alert: Document) -> Mapping[str, Any]:
    """Return an open alert as Prometheus lists it."""
    return {
        "labels": labels_of(alert),
        "annotations": {"summary": alert["message"]},
        "state": "firing",
        "activeAt": rfc3339(alert.get("fired") or alert["timestamp"]),
        "value": f"{alert['value']:e}",
    }


def gettable(alert: Document, silences: Iterable[Document], now: datetime) -> Mapping[str, Any]:
    """Return an open alert as Alertmanager lists it."""
    silencing = [
        one["_id"] for one in silences if is_in_force(one, now) and covers(one["matchers"], alert)
    ]
    begun = rfc3339(alert.get("fired") or alert["timestamp"])
    return {
        "labels": labels_of(alert),
        "annotations": {"summary": alert["message"]},
        "startsAt": begun,
        "updatedAt": rfc3339(alert.get("updated_at") or alert["created_at"]),
        "endsAt": rfc3339(now + _ENDS_IN),
        "fingerprint": hashlib.sha256(str(alert["_id"]).encode()).hexdigest()[:16],
        "generatorURL": "",
        "receivers": [RECEIVER],
        "status": {
            "state": "suppressed" if silencing else "active",
            "silencedBy": silencing,
            "inhibitedBy": [],
            "mutedBy": [],
        },
    }


def gettable_silence(silence: Document, state: str) -> Mapping[str, Any]:
    """Return a stored silence as Alertmanager shows it."""
    return {
        "id": silence["_id"],
        "status": {"state": _STATES[state]},
        "matchers": list(_matchers(silence["matchers"])),
        "startsAt": rfc3339(silence["from"]),
        "endsAt": rfc3339(silence["to"]),
        "updatedAt": rfc3339((silence.get("ended") or {}).get("at") or silence["created_at"]),
        "createdBy": silence["actor"],
        "comment": silence["comment"],
    }


def _matchers(matchers: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    for name, value in matchers.items():
        is_prefix = name == "device_id" and value.endswith("*")
        shown = f"{value.removesuffix('*').replace('.', '[.]')}.*" if is_prefix else value
        yield {"name": _THEIRS[name], "value": shown, "isRegex": is_prefix, "isEqual": True}


def matchers_of(posted: Iterable[PostedMatcher]) -> dict[str, str]:
    """Return our matchers of a silence. Raise Unmatchable where there are none that mean the same.

    Grafana posts a value that is none of a regular expression as one, too.
    """
    found: dict[str, str] = {}
    for one in posted:
        ours = _OURS.get(one.name)
        if ours is None or not one.is_equal or ours in found:
            raise Unmatchable(
                f"{one.name}: a silence has each of {', '.join(_OURS)} at most once, and equal"
            )
        found[ours] = _plain(one, ours)
    return found


def _plain(one: PostedMatcher, ours: str) -> str:
    if not one.is_regex:
        return one.value
    value, is_prefix = one.value.removesuffix(".*"), one.value.endswith(".*")
    value = value.replace("[.]", ".").replace("\\.", ".")
    if any(sign in "*+?()[]{}|^$\\" for sign in value) or (is_prefix and ours != "device_id"):
        raise Unmatchable(f"{one.name}: only a prefix of device_id can be matched, as in rack-7.*")
    return f"{value}*" if is_prefix else value
