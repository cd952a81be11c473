"""Work in slices: between them, whatever else the loop has to do goes first."""

import asyncio
from time import perf_counter
from typing import Final

SLICE_S: Final = 0.005


async def breathe(since: float) -> float:
    """Let others go first if the slice since `since` is over; return the present one's begin."""
    if perf_counter() - since < SLICE_S:
        return since
    await asyncio.sleep(0)
    return perf_counter()
