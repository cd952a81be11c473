"""The shapes of alerts and silences in responses, and what of a stored one is shown.

All that an alert of 0.1.0 does not have may be missing.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer

from functions.dashboard.schemas.responses import Cursor, Row, Timestamp
from shared.alerts.acknowledgement import standing
from shared.alerts.status import Status, status_of
from shared.mongo.collections import Document
from shared.times import rfc3339


def _with_texts(value: Any) -> Any:  # noqa: ANN401 - whatever JSON can hold, and times
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, Mapping):
        return {name: _with_texts(inner) for name, inner in value.items()}
    return [_with_texts(inner) for inner in value] if isinstance(value, list) else value


def _named(changes: list[tuple[datetime, str | None]]) -> list[Document]:
    return [{"at": at, "level": level} for at, level in changes]


Facts = Annotated[dict[str, Any], PlainSerializer(_with_texts, return_type=dict[str, Any])]


class LevelChange(Row):
    at: Timestamp
    level: str | None = Field(description="null: no level any more")


class Acknowledgement(Row):
    """An operator has seen the alert; it lasts all the same."""

    at: Timestamp
    actor: str
    comment: str
    until: Timestamp | None = None


class OperatorAction(Acknowledgement):
    kind: str = Field(description="acknowledged or unacknowledged")


class Alert(Row):
    """One episode of a device and a rule: from its start until no level holds any more."""

    alert_id: str = Field(validation_alias="_id")
    device_id: str
    sensor_type: str | None
    value: float | None = Field(description="the peak so far")
    alert_type: str
    severity: str = Field(description="the level now; once it is over, the highest")
    message: str
    timestamp: Timestamp = Field(description="when it started, in the time of the readings")
    created_at: Timestamp = Field(description="when it was first stored")
    status: Status
    reading_id: str | None = None
    rule_id: str | None = None
    rule_version: int | None = None
    started: Timestamp | None = None
    fired: Timestamp | None = Field(default=None, description="when its level had lasted enough")
    ended: Timestamp | None = None
    end_reason: str | None = Field(default=None, description="recovered, no_data or rule_removed")
    peak_at: Timestamp | None = None
    highest_severity: str | None = None
    level_changes: Annotated[list[LevelChange], BeforeValidator(_named)] = Field(default=[])
    flapping_since: Timestamp | None = Field(default=None, description="of many in a short time")
    late_opened: bool | None = Field(default=None, description="it was over when it was found")
    retracted_reason: str | None = None
    acknowledgement: Acknowledgement | None = Field(default=None, description="the one that holds")
    updated_at: Timestamp | None = None


class AlertDetail(Alert):
    """An alert with its readings and its history."""

    opened_by: list[str] = Field(default=[], description="readings, up to the one that fired it")
    closed_by: list[str] = Field(default=[], description="readings that ended it")
    amended: list[Facts] = Field(default=[], description="what late readings changed, the last 50")
    operator_actions: list[OperatorAction] = Field(default=[], description="the last 50")


class ActedAlert(AlertDetail):
    """An alert after an operator's action."""

    changed: bool = Field(description="false: it was so already, and nothing was written")


class AlertOutcome(Row):
    alert_id: str
    outcome: Literal["changed", "unchanged", "over", "not_found"]


class AlertOutcomes(Row):
    data: list[AlertOutcome]


class AlertList(Row):
    data: list[Alert]
    next_cursor: Cursor


def shown(alert: Document, now: datetime) -> Document:
    """Return a stored alert as it is at `now`: an acknowledgement that ended is none."""
    return {**alert, "status": status_of(alert, now), "acknowledgement": standing(alert, now)}
