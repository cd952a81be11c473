"""The widths of windows that aggregate refuses to start with.

A late reading is accepted until 65 minutes before its retention ends. In a wide window, earlier
readings may be deleted by then: the view could not be computed with it any more.
"""

import pytest

from functions.aggregate.app import create
from shared.settings import SettingsError


def test_wide_windows_are_refused_where_readings_are_deleted() -> None:
    environment = {"RAW_RETENTION_DAYS": "2", "AGGREGATE_WINDOW_SECONDS": "1801"}

    with pytest.raises(SettingsError, match=r"AGGREGATE_WINDOW_SECONDS=1801.*RAW_RETENTION_DAYS"):
        create(environment)


@pytest.mark.parametrize(("days", "seconds"), [("2", "1800"), ("0", "86400")])
def test_others_are_taken(days: str, seconds: str) -> None:
    made = create({"RAW_RETENTION_DAYS": days, "AGGREGATE_WINDOW_SECONDS": seconds})

    assert made.name == "aggregate"
