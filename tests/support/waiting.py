"""Waiting for what comes about by itself."""

import time
from collections.abc import Callable


def until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Return once it holds; fail with `what` is the matter if it does not within the time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.1)
