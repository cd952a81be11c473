"""The status of an alert, as everybody computes it who writes or shows one; pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

from shared.alerts.acknowledgement import standing

Status = Literal["active", "acknowledged", "resolved", "retracted"]

STATUSES: Final[tuple[Status, ...]] = ("active", "acknowledged", "resolved", "retracted")
OPEN: Final[tuple[Status, ...]] = ("active", "acknowledged")  # what is not over yet


def status_of(alert: Mapping[str, Any], now: datetime | None = None) -> Status:
    """Return the status of a stored alert.

    `retracted`: late readings say that it never was. `resolved`: it ended. Else it lasts:
    `acknowledged` while an operator's acknowledgement holds, `active` without. An acknowledgement's
    `until` counts only where `now` (aware) is given.
    """
    if alert.get("retracted_reason") is not None:
        return "retracted"
    if alert.get("ended") is not None:
        return "resolved"
    return "active" if standing(alert, now) is None else "acknowledged"
