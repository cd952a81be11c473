"""The arithmetic of windows of event time: half-open, counted from 1970; pure.

Used by whoever folds readings into windows and by whoever says in which window a reading counts.
"""

from datetime import datetime, timedelta
from typing import Final

from shared.readings.identity import EPOCH


def window_start_of(ts: datetime, window_seconds: int) -> datetime:
    """Return the start of the window that holds the aware time `ts`."""
    width = timedelta(seconds=window_seconds)
    return EPOCH + (ts - EPOCH) // width * width


HOUR_S: Final = 3_600
HOUR: Final = timedelta(seconds=HOUR_S)


def hour_of(at: datetime) -> datetime:
    """Return the start of the hour that holds the aware time `at`."""
    return window_start_of(at, HOUR_S)


def has_hours(window_seconds: int) -> bool:
    """Return whether an hour is made of several whole windows of this width."""
    return window_seconds < HOUR_S and HOUR_S % window_seconds == 0


def is_over(window_start: datetime, window_seconds: int, clock: datetime) -> bool:
    """Return whether the window ended at or before `clock`."""
    return window_start + timedelta(seconds=window_seconds) <= clock


def is_closed(window_start: datetime, window_seconds: int, horizon: datetime | None) -> bool:
    """Return whether the window is settled: over at the refresh's horizon, None before the first.

    Only a late reading can still change a closed window.
    """
    return horizon is not None and is_over(window_start, window_seconds, horizon)
