"""Which readings to ask for, so that many pairs come with one query; pure."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from functions.aggregate.store.pairs import Pair

MANY_DEVICES: Final = 200  # from here on a whole window is read rather than its devices


@dataclass(frozen=True, slots=True)
class Range:
    """Devices and a range of time, in which all readings are of the `pairs`, or few are not."""

    device_ids: tuple[str, ...]
    start: datetime
    end: datetime
    pairs: tuple[Pair, ...]


def whole_windows(pairs: Collection[Pair]) -> dict[datetime, list[Pair]]:
    """Return the windows of so many pairs that reading the whole window costs less."""
    windows: dict[datetime, list[Pair]] = {}
    for pair in pairs:
        windows.setdefault(pair.window_start, []).append(pair)
    return {start: some for start, some in windows.items() if len(some) > MANY_DEVICES}


def ranges_of(pairs: Collection[Pair], window_seconds: int) -> list[Range]:
    """Return the ranges that hold these pairs: by window or by device, whichever are fewer."""
    width = timedelta(seconds=window_seconds)
    by_window, by_device = list(_by_window(pairs, width)), list(_by_device(pairs, width))
    return min(by_window, by_device, key=len)


def halves(some: Range, window_seconds: int) -> list[Range]:
    """Return two ranges that hold the pairs of one that is too large; it has several."""
    middle = len(some.pairs) // 2
    parts = some.pairs[:middle], some.pairs[middle:]
    return [one for part in parts for one in ranges_of(part, window_seconds)]


def _by_window(pairs: Collection[Pair], width: timedelta) -> Iterator[Range]:
    windows: dict[datetime, list[Pair]] = {}
    for pair in pairs:
        windows.setdefault(pair.window_start, []).append(pair)
    for start, some in windows.items():
        yield Range(tuple(pair.device_id for pair in some), start, start + width, tuple(some))


def _by_device(pairs: Collection[Pair], width: timedelta) -> Iterator[Range]:
    """Return a range for each run of neighbouring windows of one device."""
    run: list[Pair] = []
    for pair in sorted(pairs):
        if run and pair != Pair(run[-1].device_id, run[-1].window_start + width):
            yield _run(run, width)
            run = []
        run.append(pair)
    if run:
        yield _run(run, width)


def _run(pairs: list[Pair], width: timedelta) -> Range:
    first, last = pairs[0], pairs[-1]
    return Range((first.device_id,), first.window_start, last.window_start + width, tuple(pairs))
