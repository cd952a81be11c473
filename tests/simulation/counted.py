"""How many random schedules a run has: some in each, all where they are asked for."""

import os
from collections.abc import Sequence
from typing import Final

ALL: Final = 2_000
SOME: Final = 500
CHUNK: Final = 50  # run by one test


def chunks() -> Sequence[int]:
    """Return the first seed of each chunk: of all with SCHEDULES=full, as --schedules sets it."""
    return range(0, ALL if os.environ.get("SCHEDULES") == "full" else SOME, CHUNK)
