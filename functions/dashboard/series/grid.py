"""The steps of a series: whole multiples of a window, counted from 1970; pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.dashboard.series.partials import step_start


@dataclass(frozen=True, slots=True)
class Grid:
    """Steps from `start` on and before `end`; both are edges of steps, and aware UTC."""

    start: datetime
    end: datetime
    step: timedelta

    @property
    def points(self) -> int:
        """How many steps there are."""
        return (self.end - self.start) // self.step


def grid_of(start: datetime, end: datetime, step: timedelta) -> Grid:
    """Return the steps that hold every moment from `start` on and before `end`."""
    first, last = step_start(start, step), step_start(end, step)
    return Grid(first, last if last == end else last + step, step)


def fitting_grid(start: datetime, end: datetime, width: timedelta, max_points: int) -> Grid:
    """Return steps of as few windows of this width as give at most `max_points` (2 or more)."""
    windows = -(-(end - start) // width)
    grid = grid_of(start, end, -(-windows // max_points) * width)
    if grid.points <= max_points:
        return grid
    # The range begins and ends within a step, so it takes one more.
    return grid_of(start, end, -(-windows // (max_points - 1)) * width)
