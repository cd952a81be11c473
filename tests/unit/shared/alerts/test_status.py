from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.alerts.status import OPEN, STATUSES, status_of

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
HELD = {"rank": 0, "until": None}
ENDS_AT_NOON = {"rank": 0, "until": NOON}


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, "active"),
        ({"ended": None, "acknowledgement": None, "retracted_reason": None}, "active"),
        ({"acknowledgement": HELD}, "acknowledged"),
        ({"acknowledgement": HELD, "rank": 1}, "active"),
        ({"acknowledgement": HELD, "ended": NOON}, "resolved"),
        ({"ended": NOON}, "resolved"),
        ({"ended": NOON, "retracted_reason": "late_data"}, "retracted"),
        ({"acknowledgement": HELD, "retracted_reason": "late_data"}, "retracted"),
    ],
)
def test_the_status_follows_from_the_document(fields: dict[str, Any], status: str) -> None:
    assert status_of({"severity": "warning", **fields}) == status


@pytest.mark.parametrize(
    ("now", "status"),
    [(None, "acknowledged"), (NOON - timedelta(milliseconds=1), "acknowledged"), (NOON, "active")],
)
def test_an_acknowledgement_ends_where_the_time_is_known(now: datetime | None, status: str) -> None:
    assert status_of({"severity": "warning", "acknowledgement": ENDS_AT_NOON}, now) == status


def test_what_is_open_is_a_status() -> None:
    assert set(OPEN) < set(STATUSES)
