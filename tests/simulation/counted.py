"""How many random schedules a run has: some in each, all where they are asked for."""

import os
from collections.abc import Sequence
from typing import Final

ALL: Final = 2_000
SOME: Final = 500
CHUNK: Final = 50  # run by one test


IS_FULL: Final = os.environ.get("SCHEDULES") == "full"  # as `local-dev/test --schedules` sets it


def chunks() -> Sequence[int]:
    """Return the first seed of each chunk."""
    return range(0, ALL if IS_FULL else SOME, CHUNK)
