"""Which window is a reading in, and is a window settled? The routes ask.

A window begins at a multiple of its length, counted from 1970, as the aggregate function folds it.
"""

from datetime import datetime, timedelta

from shared.readings.identity import EPOCH


def is_closed(start: datetime, window_seconds: int, horizon: datetime | None) -> bool:
    """Say whether a window is settled: it ends at or before the horizon of the refresh."""
    return horizon is not None and start + timedelta(seconds=window_seconds) <= horizon


def window_start_of(ts: datetime, window_seconds: int) -> datetime:
    """Give the start of the window that the aware time `ts` is in."""
    return ts - (ts - EPOCH) % timedelta(seconds=window_seconds)
