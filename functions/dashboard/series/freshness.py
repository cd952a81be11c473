"""How long a client may keep a series without asking again; pure."""

from datetime import datetime, timedelta
from typing import Final

REVALIDATED: Final = "private, no-cache"
FOR_GOOD: Final = "private, max-age=31536000, immutable"


def cache_control(
    end: datetime, now: datetime, lateness: timedelta | None, *, is_fixed: bool
) -> str:
    """Return the `Cache-Control` of a settled range that ends at `end`.

    It can be kept for good once no reading of it is accepted any more: `lateness` is how long after
    its time a reading is; None is for ever, and then a range of any age can still change.
    `is_fixed`: neither of its ends is relative to now.
    """
    is_over = lateness is not None and end + lateness <= now
    return FOR_GOOD if is_fixed and is_over else REVALIDATED
