"""Ending tasks that run for ever."""

import asyncio
from collections.abc import Sequence


async def end_tasks(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancel these tasks until they end: under Python 3.11 pymongo may lose a cancellation."""
    pending = set(tasks)
    for _ in range(5):
        if not pending:
            return
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=0.3)
