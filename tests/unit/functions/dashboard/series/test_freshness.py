"""A series is kept for good by clients only where no late reading can change it any more."""

from datetime import UTC, datetime, timedelta

import pytest

from functions.dashboard.series.freshness import FOR_GOOD, REVALIDATED, cache_control

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("end", "lateness", "is_fixed", "wanted"),
    [
        (NOON - DAY, DAY, True, FOR_GOOD),
        (NOON - DAY + timedelta(seconds=1), DAY, True, REVALIDATED),
        (NOON - DAY, None, True, REVALIDATED),
        (NOON - DAY, DAY, False, REVALIDATED),
    ],
)
def test_a_range_is_immutable_once_late_readings_are_refused(
    end: datetime,
    lateness: timedelta | None,
    wanted: str,
    *,
    is_fixed: bool,
) -> None:
    assert cache_control(end, NOON, lateness, is_fixed=is_fixed) == wanted
