"""The shapes of silences in responses, and the state of a stored one."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from functions.dashboard.schemas.responses import Cursor, Row, Timestamp
from shared.mongo.collections import Document

State = Literal["scheduled", "active", "ended"]


class Ended(Row):
    """Who ended a silence before its time."""

    at: Timestamp
    actor: str


class Silence(Row):
    """Alerts that match every matcher are not notified of, from `from` until just before `to`."""

    silence_id: str = Field(validation_alias="_id")
    state: State
    matchers: dict[str, str]
    start: Timestamp = Field(validation_alias="from", serialization_alias="from")
    end: Timestamp = Field(validation_alias="to", serialization_alias="to")
    comment: str
    actor: str
    created_at: Timestamp
    ended: Ended | None = Field(default=None, description="before its time, by an operator")


class SilenceList(Row):
    data: list[Silence]
    next_cursor: Cursor


def with_state(silence: Document, now: datetime) -> Document:
    """Return a stored silence with its state at `now`."""
    if silence["to"] <= now:
        return {**silence, "state": "ended"}
    return {**silence, "state": "active" if silence["from"] <= now else "scheduled"}
